// Scaling weights against copying the same bytes: 64 MiB, far larger than the caches, from one buffer to another.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "graph/values/scale.hpp"

namespace {

using namespace rw::graph;

constexpr std::int64_t kRows = 4096;
constexpr std::uint64_t kBytes = std::uint64_t{64} << 20U;
constexpr std::size_t kStep = std::size_t{256} << 10U;  // as a file is written

struct Buffers {
  std::vector<std::byte> from = std::vector<std::byte>(kBytes), to = std::vector<std::byte>(kBytes);
};
Buffers& buffers() {
  static Buffers only;
  return only;
}

// Ones of the type: no value becomes infinite.
void fill(DType dtype) {
  const std::uint16_t half = dtype == DType::float16 ? 0x3C00 : 0x3F80;
  const float one = 1;
  const double two = 1;
  for (std::size_t i = 0; i < kBytes; i += size(dtype))
    std::memcpy(buffers().from.data() + i,
                size(dtype) == 2   ? static_cast<const void*>(&half)
                : size(dtype) == 4 ? static_cast<const void*>(&one)
                                   : static_cast<const void*>(&two),
                size(dtype));
}

void copy(benchmark::State& state) {
  fill(DType::float32);
  for ([[maybe_unused]] auto _ : state) {
    for (std::size_t at = 0; at < kBytes; at += kStep)
      std::memcpy(buffers().to.data() + at, buffers().from.data() + at, kStep);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kBytes));
}
BENCHMARK(copy)->Unit(benchmark::kMillisecond);

// A convolution's weight [rows, columns]: its outputs (rows), its inputs (columns), or both at once.
void scale(benchmark::State& state, DType dtype, bool rows, bool columns, std::int64_t kernel) {
  fill(dtype);
  const auto wide = static_cast<std::int64_t>(kBytes / size(dtype)) / kRows / kernel;
  const std::vector<std::int64_t> dims = {kRows, wide, kernel};
  const Literal source{dtype, Shape(dims), buffers().from};
  Edit edit{.shape = dims, .view = dims};
  const auto factors = [](std::int64_t count) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(1.0 + static_cast<double>(i % 61) / 61);
    return values;
  };
  if (rows) edit.factors.push_back({1, factors(kRows)});
  if (columns) edit.factors.push_back({2, factors(wide)});
  const Scaler scaler(source, edit, "weight");
  for ([[maybe_unused]] auto _ : state) {
    for (std::size_t at = 0; at < kBytes; at += kStep)
      scaler.write(at / size(dtype), std::span(buffers().to).subspan(at, kStep));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * kBytes));
}

#define KERNELS(dtype)                                                                                    \
  BENCHMARK_CAPTURE(scale, dtype##_rows, DType::dtype, true, false, 1)->Unit(benchmark::kMillisecond);    \
  BENCHMARK_CAPTURE(scale, dtype##_columns, DType::dtype, false, true, 1)->Unit(benchmark::kMillisecond); \
  BENCHMARK_CAPTURE(scale, dtype##_both, DType::dtype, true, true, 1)->Unit(benchmark::kMillisecond);     \
  BENCHMARK_CAPTURE(scale, dtype##_both_3x3, DType::dtype, true, true, 8)->Unit(benchmark::kMillisecond)

KERNELS(float32);
KERNELS(float16);
KERNELS(bfloat16);
KERNELS(float64);

}  // namespace

BENCHMARK_MAIN();
