// The classes that a network is made of, all in one. A step of training:
//   Sequential model(Linear(2, 8, /*seed=*/1), Tanh(), Linear(8, 1, 2));
//   Adam optimizer(model.parameters(), {.learning_rate = 0.05f});
//   optimizer.zero_grad();
//   binary_cross_entropy(model(in), target).backward();
//   optimizer.step();
#pragma once

#include "nn/layers.hpp"
#include "nn/ops.hpp"
#include "nn/optimizers.hpp"
#include "nn/report.hpp"
#include "nn/spatial.hpp"
#include "nn/variable.hpp"
