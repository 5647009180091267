// array() without kiln/array.hpp: the error names what to include.
#include "kiln/tensor.hpp"

void use(kiln::Tensor& tensor) {
  (void)tensor.data();
  (void)tensor.array();  // REFUSED
}
