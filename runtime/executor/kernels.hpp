// The border between the program, which plans how a network runs, and librewrite-executor.so, which computes single
// layers by oneDNN. Whatever crosses it is plain data or a class with nothing but virtual functions, so that the
// library holds no other code of the program, and the program starts without oneDNN and OpenMP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace rw::executor {

using Dims = std::vector<std::int64_t>;

// How the elements of a float32 tensor lie in memory, where that is not row-major (a null pointer): channels in blocks
// of a vector's width, padded.
class Format {
 public:
  virtual ~Format() = default;
  virtual std::size_t bytes() const = 0;  // of the whole tensor
  virtual bool same_as(const Format& other) const = 0;
};
using FormatRef = std::shared_ptr<const Format>;
inline bool same(const FormatRef& a, const FormatRef& b) { return a == b || (a && b && a->same_as(*b)); }

struct Operand {
  Dims shape;
  FormatRef format;
};

// What is done to each element; alpha and beta as written.
enum class Step : std::uint8_t {
  relu,       // x < 0 ? alpha * x : x
  clip,       // at least alpha, at most beta
  linear,     // alpha * x + beta
  sigmoid,    // 1 / (1 + exp(-alpha * x)), alpha is 1
  swish,      // x * sigmoid(alpha * x)
  hardswish,  // x * clip(x / 6 + 1/2, 0, 1)
  tanh,
  elu,  // x < 0 ? alpha * (exp(x) - 1) : x
  exp,
  log,
  sqrt,
  abs,
  mish,
  softplus,
  gelu_erf,
  gelu_tanh,
  power,  // alpha * x ^ beta
  add,    // with another tensor from here on, which broadcasts
  subtract,
  multiply,
  divide,
  larger,
  smaller,
};
inline bool reads_tensor(Step step) { return step >= Step::add; }

struct PostOp {
  Step step;
  float alpha = 0, beta = 0;
  Operand other;  // of add and the ones behind it: the next one of Layer::others
};

enum class Kind : std::uint8_t {
  convolution,    // weight [out, in / groups, kernel...]
  deconvolution,  // weight [in, out / groups, kernel...]
  product,        // inputs [m, k] and the weight [k, n]
  batch_product,  // two inputs of one rank, whose leading axes broadcast
  max_pool,
  average_pool,      // over what lies in the input
  average_pool_pad,  // over the padding too
  softmax,           // along `axis`
  resize_nearest,    // as half_pixel, rounded
  resize_linear,     // as half_pixel
  concat,            // along `axis`
  elementwise,       // the post-ops alone
  copy,              // from the format of the input to `wanted`
  normalize,         // along the last axis, by its own mean and variance, with weight and bias
  pad,               // with `fill` around the input, `offsets` before it
  part,              // of the input, from `offsets` on, in its format
};

// A weight or bias: row-major floats that live while the kernel is made, which keeps a copy in its own format. A
// weight of a product may lie transposed.
struct Parameter {
  const float* values = nullptr;  // null: there is none
  Dims shape;
  bool transposed = false;
};

struct Layer {
  Kind kind = Kind::elementwise;
  std::vector<Operand> inputs;
  Dims output;
  Parameter weight, bias;
  std::vector<PostOp> post;
  Dims kernel, strides, dilations, begin, end;  // along the spatial axes; dilation 1: dense
  std::int64_t groups = 1, axis = 0;
  FormatRef wanted;
  Dims offsets;  // of a pad: where the input begins in the output; of a part: where it begins in the input
  float fill = 0;
  float epsilon = 0;
  Dims steps;  // of a copy: strides of the output's axes in the input, which is row-major; empty: its own
};

// A layer that is ready to run, for these shapes.
class Kernel {
 public:
  virtual ~Kernel() = default;
  // Formats in which inputs are read (first those of the layer, then the tensors of its post-ops), and the output is
  // given.
  std::vector<FormatRef> reads;
  FormatRef gives;
  std::size_t output_bytes = 0;
  std::size_t scratch_bytes = 0;  // memory of nobody else's while it runs, in which it may put what it likes; 0: none
  std::size_t weight_bytes = 0;   // of the copy of its weights that it keeps
  bool in_place = false;          // the output may lie where the first input does
  // This one of what it reads has to lie in the output before: it is added to it. Nothing: none.
  std::optional<std::size_t> accumulates;

  virtual void run(std::span<const float* const> inputs, float* output, float* scratch) = 0;
};

class Kernels {
 public:
  virtual ~Kernels() = default;
  // Null: oneDNN has nothing for it, or nothing that would be fast.
  virtual std::unique_ptr<Kernel> make(const Layer& layer) = 0;
  // Behind a run in which kernels were made: keeps what they are made of small.
  virtual void settle() = 0;
  // Sets how many threads compute in the calling thread's name, and returns how many it were before.
  virtual unsigned threads(unsigned count) = 0;
};

// What the library exports, as `rw_executor_kernels`; it lives as long as the process.
inline constexpr int kKernelsVersion = 3;
using KernelsOf = Kernels* (*)(int version);  // null: it was built for another version of the program

}  // namespace rw::executor
