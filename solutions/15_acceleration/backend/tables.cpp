// The tables of a backend of all families, registered when the program starts. Compiled with -DKILN_IMPL=library, or
// once an instruction set with -DKILN_IMPL=optimized_avx2 -DKILN_BACKEND=optimized -DKILN_INSTRUCTION_SET=avx2.
// Declarations are weak, so that a kernel that the backend does not define leaves a null slot, and the reference's
// place.
#define KILN_DECLARE [[gnu::weak]]
#define KILN_QUOTE(text) #text
#define KILN_QUOTED(text) KILN_QUOTE(text)

#include "kiln/instruction_set.hpp"
#include "kiln/kernels/acceleration.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/kernels/training.hpp"

namespace kiln {
namespace {

template <class... Slots>
bool register_all() {
#ifdef KILN_INSTRUCTION_SET
  (register_backend_for(InstructionSet::KILN_INSTRUCTION_SET, KILN_QUOTED(KILN_BACKEND),
                        impl::table(static_cast<const Slots*>(nullptr))),
   ...);
#else
  (register_backend(KILN_QUOTED(KILN_IMPL), impl::table(static_cast<const Slots*>(nullptr))), ...);
#endif
  return true;
}

[[maybe_unused]] const bool registered = register_all<
#ifdef KILN_INSTRUCTION_SET
    AccelerationSlots,  // all of it, or nothing: its driver runs its own kernels
#endif
    ActivationSlots, AutogradSlots, LayerSlots, LossSlots, OptimizerSlots, SpatialSlots, TensorSlots, TrainingSlots>();

}  // namespace
}  // namespace kiln
