// The families, the clock and the place.
#include "profile/instrument.hpp"

#include <chrono>

#include "kiln/kernels/acceleration.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/data.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/kernels/training.hpp"
#include "nn/variable.hpp"

namespace kiln::profile {
namespace {

template <class... Slots>
void instrument(std::string_view backend, const std::string& name) {
  (register_backend(name, instrumented(kernels<Slots>(backend))), ...);
}

}  // namespace

std::string instrument_backend(std::string_view backend) {
  const std::string name = "profiled:" + std::string(backend);
  instrument<TensorSlots, ActivationSlots, LayerSlots, LossSlots, OptimizerSlots, AutogradSlots, TrainingSlots,
             SpatialSlots, DataSlots, AccelerationSlots>(backend, name);
  return name;
}

RecorderHooks wall_clock_hooks() {
  return {.now =
              [] {
                return static_cast<std::int64_t>(
                    std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
              },
          .place =
              [] {
                const nn::Place place = nn::current_place();
                return LayerPlace{&place.layer, place.backward};
              }};
}

}  // namespace kiln::profile
