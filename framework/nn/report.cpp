// The report of the families that networks are made of.
#include "nn/report.hpp"

#include "kiln/backend.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/data.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/spatial.hpp"
#include "kiln/kernels/tensor.hpp"
#include "kiln/kernels/training.hpp"

namespace kiln::nn {

std::string report() {
  // A family is known once it was asked for; ask, so that one without any implementation shows as missing.
  kernels<TensorSlots>();
  kernels<ActivationSlots>();
  kernels<LayerSlots>();
  kernels<LossSlots>();
  kernels<OptimizerSlots>();
  kernels<AutogradSlots>();
  kernels<TrainingSlots>();
  kernels<SpatialSlots>();
  kernels<DataSlots>();
  return format_report(backend_report(get_backend()));
}

}  // namespace kiln::nn
