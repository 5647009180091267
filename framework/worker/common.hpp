// What implementations include most: `kiln lint` precompiles it, so that hundreds of wrong variants compile fast.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "kiln/check.hpp"
#include "kiln/random.hpp"
#include "kiln/view.hpp"
