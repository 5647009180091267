// Graphs that the tests of module 06 draw and write down: for topological_order as numbers, for backward with values.
#pragma once

#include <initializer_list>
#include <vector>

#include "oracle.hpp"
#include "oracle_of_graphs.hpp"
#include "testing/testing.hpp"

namespace kiln::testing {

/// "matmul"
const char* name_of(Op op);

/// A graph as topological_order reads it.
struct Links {
  std::vector<std::int64_t> first_input{0}, inputs;

  std::int64_t nodes() const { return static_cast<std::int64_t>(first_input.size()) - 1; }
  /// Appends a node; returns its number.
  std::int64_t add(std::initializer_list<std::int64_t> reads);
  std::string describe() const;
};

/// `nodes` nodes in a random order of numbers; each reads up to three others, none of them itself on any way. Returns
/// the numbers from the leaves on: a node reads only what stands before it there.
std::vector<std::int64_t> draw_links(Generator& g, std::int64_t nodes, Links& links);

/// What stands in `order` before the call, and behind the nodes afterwards.
inline constexpr std::int64_t kRest = -7;

/// Calls topological_order, and expects any order that is right.
void expect_order(const Links& links, std::int64_t root);

/// Values and gradients of a graph, of random layouts. Gradients hold zeros at first.
struct Tape {
  std::vector<GraphNode> nodes;
  std::vector<Array64> exact;  ///< the values in double
  std::vector<Operand> values, gradients;

  /// Computes the values of what is no leaf. `leaves` has one array a leaf, in the order of the nodes.
  Tape(Generator& g, std::vector<GraphNode> nodes, const std::vector<Array64>& leaves);

  std::vector<ConstView> value_views() const { return {values.begin(), values.end()}; }
  std::vector<View> gradient_views() const { return {gradients.begin(), gradients.end()}; }
  std::string describe() const;
};

/// An array of whole numbers in [-most, most].
Array64 whole_numbers(Generator& g, const Shape& shape, std::int64_t most);

/// Values that lie 1/8 apart at least and none within 1/4 of 0, in random order: no kink and no tie is near.
Array64 far_apart(Generator& g, const Shape& shape);

/// Operands of an operation, drawn so; the targets of binary_cross_entropy are probabilities.
std::vector<Array64> draw_operands(Generator& g, Op op, const std::vector<Shape>& shapes);

/// A graph of additions, subtractions, products and sums over whole numbers, so small that every value and gradient is
/// a float exactly; numbered in any order. Returns the root's number, the node on which the most depends.
Tape draw_tape(Generator& g, std::int64_t& root);

/// Runs `backward` from `root`, into whose gradient `grad_root` is put first, and expects every gradient to have grown
/// by exactly what central differences say; whole multiples of `grid`.
void expect_backward(const Tape& tape, std::int64_t root, const Array64& grad_root, double grid = 1);

}  // namespace kiln::testing
