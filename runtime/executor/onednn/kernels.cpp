// What librewrite-executor.so exports.
#include "runtime/executor/kernels.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "runtime/executor/onednn/format.hpp"
#include "runtime/executor/onednn/kernel.hpp"
#include "runtime/executor/onednn/openmp.hpp"
#include "runtime/executor/onednn/shared.hpp"

namespace rw::executor::onednn {
namespace {

struct KindRow {
  Kind kind;
  PrimitiveRef (*primitive)(const Layer&) = nullptr;          // one of
  std::unique_ptr<Kernel> (*kernel)(const Layer&) = nullptr;  // these
};

constexpr KindRow kKinds[] = {
    {Kind::convolution, convolution}, {Kind::deconvolution, deconvolution},
    {Kind::product, product},         {Kind::batch_product, batch_product},
    {Kind::max_pool, pool},           {Kind::average_pool, pool},
    {Kind::average_pool_pad, pool},   {Kind::softmax, softmax},
    {Kind::resize_nearest, resize},   {Kind::resize_linear, resize},
    {Kind::concat, nullptr, concat},  {Kind::elementwise, elementwise},
    {Kind::copy, nullptr, copy},      {Kind::pad, nullptr, pad},
    {Kind::part, nullptr, part},      {Kind::normalize, normalize},
};

// oneDNN 2.6 computes something else where a post-op stands twice, with other parameters.
bool repeats(const Layer& layer) {
  for (std::size_t i = 0; i < layer.post.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (layer.post[i].step == layer.post[j].step && !reads_tensor(layer.post[i].step)) return true;
  return false;
}

class OneDnn final : public Kernels {
 public:
  // oneDNN itself would keep what nobody uses any more, also the primitives that reorder weights once.
  OneDnn() { dnnl::set_primitive_cache_capacity(0); }

  std::unique_ptr<Kernel> make(const Layer& layer) override {
    const auto row = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [&](const KindRow& each) { return each.kind == layer.kind; });
    if (repeats(layer)) return nullptr;
    try {
      if (row->kernel != nullptr) return row->kernel(layer);
      if (layer.kind == Kind::deconvolution && layer.bias.values != nullptr)
        if (auto kernel = bias_behind(layer, *this)) return kernel;
      PrimitiveRef primitive = primitives_.get(layer, row->primitive);
      return primitive ? kernel_of(std::move(primitive), layer) : nullptr;
    } catch (const dnnl::error&) {  // a shape or a post-op that it does not take
      return nullptr;
    }
  }

  // The code of a kernel lies in 256 KiB of which it fills a few pages. Where the system puts pages together to huge
  // ones, it would fill the rest, too.
  void settle() override {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      std::uintptr_t begin = 0, end = 0;
      char dash = 0;
      std::string rights;
      std::istringstream words(line);
      if (words >> std::hex >> begin >> dash >> end >> rights && rights == "rwxp")
        madvise(reinterpret_cast<void*>(begin), end - begin,
                MADV_NOHUGEPAGE);  // what the system does not know it leaves
    }
  }

  unsigned threads(unsigned count) override {
    const int before = omp_get_max_threads();
    omp_set_num_threads(static_cast<int>(count));
    return static_cast<unsigned>(before);
  }

 private:
  SharedPrimitives primitives_;
};

}  // namespace
}  // namespace rw::executor::onednn

extern "C" __attribute__((visibility("default"))) rw::executor::Kernels* rw_executor_kernels(int version) {
  static rw::executor::onednn::OneDnn kernels;
  return version == rw::executor::kKernelsVersion ? &kernels : nullptr;
}
