#include "runtime/data/part.hpp"

#include <cassert>

namespace rw::data {
namespace {

class FirstPart final : public Data {
 public:
  FirstPart(Data& all, std::size_t batches, std::uint64_t samples) : all_(all), batches_(batches), samples_(samples) {}

  std::uint64_t samples() const override { return samples_; }
  std::size_t batches() const override { return batches_; }
  Batch read(std::size_t batch) override { return all_.read(batch); }
  bool random() const override { return all_.random(); }
  const std::vector<std::string>& notes() const override { return all_.notes(); }
  const std::vector<std::filesystem::path>& files() const override { return all_.files(); }

 private:
  Data& all_;
  std::size_t batches_;
  std::uint64_t samples_;
};

}  // namespace

std::unique_ptr<Data> first_part(Data& all, std::size_t batches, std::uint64_t samples) {
  assert(batches > 0 && batches <= all.batches());
  return std::make_unique<FirstPart>(all, batches, samples);
}

}  // namespace rw::data
