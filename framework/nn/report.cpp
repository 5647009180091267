// The report of the families that networks are made of.
#include "nn/report.hpp"

#include "kiln/backend.hpp"
#include "kiln/kernels/activations.hpp"
#include "kiln/kernels/autograd.hpp"
#include "kiln/kernels/layers.hpp"
#include "kiln/kernels/losses.hpp"
#include "kiln/kernels/optimizers.hpp"
#include "kiln/kernels/tensor.hpp"

namespace kiln::nn {

std::string report() {
  // A family is known once it was asked for; ask, so that one without any implementation shows as missing.
  kernels<TensorSlots>();
  kernels<ActivationSlots>();
  kernels<LayerSlots>();
  kernels<LossSlots>();
  kernels<OptimizerSlots>();
  kernels<AutogradSlots>();
  return format_report(backend_report(get_backend()));
}

}  // namespace kiln::nn
