// fill: lets the compiler fetch the solution.
#include "../../../solutions/01_tensor/fill.cpp"
