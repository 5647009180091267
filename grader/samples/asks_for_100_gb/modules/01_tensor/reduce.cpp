// reduce: sum, mean and max over one axis of a view.
// Contract: kiln/kernels/tensor.hpp. Lesson: modules/01_tensor/README.md, step 5.
#include <cmath>
#include <string>

#include "kiln/kernels/tensor.hpp"

using namespace kiln;

namespace
{

struct Add
{
    float operator()(float left, float right) const
    {
        return left + right;
    }
};
struct Larger
{
    float operator()(float left, float right) const
    {
        const float larger = right > left ? right : left;
        return std::isnan(right) ? right : larger;
    }
};

int checked_axis(const char *kernel, const ConstView &in, int axis, bool keepdims, const View &out)
{
    KILN_REQUIRE(std::string(kernel) + ": the axis counts from -rank", axis >= -in.rank());
    KILN_REQUIRE(std::string(kernel) + ": the axis ends before the rank", axis < in.rank());
    if (axis < 0)
        axis += in.rank();
    Shape expected;
    for (int d = 0; d < in.rank(); ++d)
    {
        if (d != axis)
            expected.push_back(in.shape[d]);
        if (d == axis && keepdims)
            expected.push_back(1);
    }
    KILN_REQUIRE(std::string(kernel) + ": the output's shape does not fit the input's " +
                     to_string(in.shape),
                 out.shape == expected);
    return axis;
}

Strides strides_along(const View &out, int rank, int axis, bool keepdims)
{
    Strides strides = Shape::filled(rank, 0);
    int of_out = 0;
    for (int d = 0; d < rank; ++d)
    {
        if (d != axis)
            strides[d] = out.strides[of_out];
        if (d != axis || keepdims)
            ++of_out;
    }
    return strides;
}

template <class Body>
void for_each_row(const Shape &shape, const Strides &in, const Strides &out, Body body)
{
    const int last = shape.rank() - 1;
    if (shape.elements() == 0)
        return;
    const std::int64_t rows = shape.elements() / shape[last];
    Shape index = Shape::filled(shape.rank(), 0);
    std::int64_t at_in = 0, at_out = 0;
    for (std::int64_t row = 0; row < rows; ++row)
    {
        body(at_in, at_out);
        for (int d = last - 1; d >= 0; --d)
        {
            at_in += in[d];
            at_out += out[d];
            if (++index[d] < shape[d])
                break;
            at_in -= index[d] * in[d];
            at_out -= index[d] * out[d];
            index[d] = 0;
        }
    }
}

template <class Change>
void for_each_result(const Shape &in, int axis, View out, const Strides &to, Change change)
{
    Shape results = in;
    results[axis] = 1;
    const int last = in.rank() - 1;
    for_each_row(results, to, to, [&](std::int64_t, std::int64_t at) {
        for (std::int64_t j = 0; j < results[last]; ++j)
            change(out.data[at + j * to[last]]);
    });
}

template <class Combine>
float reduce_row(const float *in, std::int64_t n, float start, Combine combine)
{
    constexpr std::int64_t kLanes = 32;
    float lanes[kLanes];
    for (float &lane : lanes)
        lane = start;
    std::int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes)
        for (std::int64_t lane = 0; lane < kLanes; ++lane)
            lanes[lane] = combine(lanes[lane], in[i + lane]);
    for (std::int64_t half = kLanes / 2; half > 0; half /= 2)
        for (std::int64_t lane = 0; lane < half; ++lane)
            lanes[lane] = combine(lanes[lane], lanes[lane + half]);
    float result = lanes[0];
    for (; i < n; ++i)
        result = combine(result, in[i]);
    return result;
}

template <class Combine>
void combine_rows(const float *row, float *result, std::int64_t n, Combine combine)
{
    for (std::int64_t j = 0; j < n; ++j)
        result[j] = combine(result[j], row[j]);
}

template <class Combine>
void reduce(ConstView in, int axis, View out, const Strides &to, float start, Combine combine)
{
    for_each_result(in.shape, axis, out, to, [&](float &result) { result = start; });

    const int last = in.rank() - 1;
    const std::int64_t columns = in.shape[last], step = in.strides[last], step_out = to[last];
    for_each_row(in.shape, in.strides, to, [&](std::int64_t from, std::int64_t at) {
        const float *row = in.data + from;
        float *result = out.data + at;
        if (axis == last && step == 1)
        {
            *result = combine(*result, reduce_row(row, columns, start, combine));
        }
        else if (step == 1 && step_out == 1)
        {
            combine_rows(row, result, columns, combine);
        }
        else
        {
            for (std::int64_t j = 0; j < columns; ++j)
                result[j * step_out] = combine(result[j * step_out], row[j * step]);
        }
    });
}

} // namespace

void impl::sum(ConstView in, int axis, bool keepdims, View out)
{
    axis = checked_axis("sum", in, axis, keepdims, out);
    reduce(in, axis, out, strides_along(out, in.rank(), axis, keepdims), 0.0f, Add());
}

void impl::mean(ConstView in, int axis, bool keepdims, View out)
{
    axis = checked_axis("mean", in, axis, keepdims, out);
    const Strides to = strides_along(out, in.rank(), axis, keepdims);
    reduce(in, axis, out, to, 0.0f, Add());
    const float count = static_cast<float>(in.shape[axis]);
    for_each_result(in.shape, axis, out, to, [&](float &result) { result /= count; });
}

void impl::max(ConstView in, int axis, bool keepdims, View out)
{
    axis = checked_axis("max", in, axis, keepdims, out);
    KILN_REQUIRE("max: nothing has no largest element; the axis is empty", in.shape[axis] > 0);
    reduce(in, axis, out, strides_along(out, in.rank(), axis, keepdims), -INFINITY, Larger());
}
