// Output files: all or nothing, whatever happens, and never over an input.
#include "graph/formats/output/output.hpp"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <random>
#include <thread>

#include "graph/base/error.hpp"
#include "graph/formats/output/temporary_file.hpp"
#include "graph/values/elements.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

// A model with one weight [n, 256] of ones.
void write_big_model(const TemporaryFolder& folder, std::size_t n) {
  const std::size_t bytes = n * 256 * sizeof(float);
  const std::string header = R"({"w":{"dtype":"F32","shape":[)" + std::to_string(n) + R"(,256],"data_offsets":[0,)" +
                             std::to_string(bytes) + "]}}";
  write_file(folder / "w.safetensors", safetensors_file(header, bytes_of(std::vector<float>(n * 256, 1))));
  write_file(folder / "m.json", model_text(R"("inputs": ["x"], "outputs": ["y"], "weights": "w.safetensors",
    "nodes": [{"name": "n", "op": "MatMul", "inputs": ["x", "w"], "outputs": ["y"]}])"));
}

Rewriting scaled(const Model& model, double factor) {
  const TensorId w = *model.network.find("w");
  const auto dims = model.network.tensor(w).shape.dims();
  Rewriting rewriting;
  rewriting.constants.push_back(
      {w, {{dims.begin(), dims.end()}, {dims.begin(), dims.end()}, {{AxisMask(), {factor}}}}});
  return rewriting;
}

// Runs in a child; its exit status, or 128 + the signal that ended it.
int in_child(const std::function<int()>& run) {
  const pid_t child = fork();
  if (child == 0) {
    for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGABRT, SIGSEGV}) ::signal(signal, SIG_DFL);
    _exit(run());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::string error_of_write(const Model& model, const std::filesystem::path& out, const TemporaryFolder& folder) {
  return error_of([&] { write_model(model, {}, out); }, folder.path());
}

}  // namespace

TEST_CASE("No output is one of the inputs, whatever it is called") {
  const TemporaryFolder folder;
  write_file(folder / "w.safetensors", conv_weights());
  const Model model = read_text(folder, conv_model());
  write_file(folder / "stats.json", R"({"y": {"min": [0, 0], "max": [1, 1]}})");
  Model with_stats = read_model(folder / "m.json");
  read_statistics(folder / "stats.json", with_stats);
  CHECK(error_of_write(model, folder / "m.json", folder) ==
        "m.json: is the same file as the input 'm.json': an input is not written over; name another file");
  CHECK(error_of_write(with_stats, folder / "stats.json", folder) ==
        "stats.json: is the same file as the input 'stats.json': an input is not written over; name another file");
  std::filesystem::create_hard_link(folder / "m.json", folder / "hard.json");
  std::filesystem::create_symlink("m.json", folder / "soft.json");
  CHECK(error_of_write(model, folder / "hard.json", folder).find("hard.json: is the same file as the input") == 0);
  CHECK(error_of_write(model, folder / "soft.json", folder).find("soft.json: is the same file as the input") == 0);
  // What the model names gets another name, also where the same bytes stand: an output does not need its inputs.
  std::filesystem::create_directory(folder / "sub");
  std::filesystem::create_hard_link(folder / "w.safetensors", folder / "sub/out.safetensors");
  for (const std::filesystem::path& out : {folder / "w.json", folder / "sub/out.json"}) {
    write_model(model, {}, out);
    const std::filesystem::path weights = read_model(out).sources[1]->path().filename();
    CHECK(weights.string().starts_with(out.stem().string() + "."));
    CHECK(weights.string().size() == out.stem().string().size() + std::string(".0123456789abcdef.safetensors").size());
  }
  CHECK(listing(folder / "sub").size() == 3);
  CHECK(read_file(folder / "m.json") == conv_model());
  CHECK(read_file(folder / "w.safetensors") == conv_weights());
}

TEST_CASE("What cannot be an output is said before anything is written") {
  const TemporaryFolder folder;
  write_file(folder / "w.safetensors", conv_weights());
  const Model model = read_text(folder, conv_model());
  const auto before = listing(folder.path());
  CHECK(error_of_write(model, folder / "none/out.json", folder)
            .find("there is no folder 'none': make it first, or name another") != std::string::npos);
  CHECK(error_of_write(model, folder / "m.json/out.json", folder).find("'m.json' is not a folder") !=
        std::string::npos);
  CHECK(error_of_write(model, folder / "out.txt", folder) ==
        "out.txt: the format of a model goes by its ending: expected .json or .onnx");
  CHECK(listing(folder.path()) == before);
  std::filesystem::create_directory(folder / "out.json");
  CHECK(error_of_write(model, folder / "out.json", folder) == "out.json: is a folder, expected the name of a file");
  REQUIRE(mkfifo((folder / "pipe.json").c_str(), 0600) == 0);
  CHECK(error_of_write(model, folder / "pipe.json", folder) ==
        "pipe.json: is not a regular file, which it would be after writing");
  CHECK(listing(folder.path()) == std::vector<std::string>{"m.json", "out.json", "pipe.json", "w.safetensors"});
}

TEST_CASE("What stood there is replaced and keeps its permissions") {
  const TemporaryFolder folder;
  write_file(folder / "w.safetensors", conv_weights());
  const Model model = read_text(folder, conv_model());
  write_file(folder / "out.json", "old");
  std::filesystem::permissions(folder / "out.json", std::filesystem::perms(0640));
  write_file(folder / "other", "other");
  std::filesystem::create_symlink("old.json", folder / "link.json");
  write_file(folder / "old.json", "old");
  write_model(model, {}, folder / "link.json");
  CHECK(read_file(folder / "old.json") == "old");  // a link is replaced, not followed
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(folder / "link.json")));
  std::filesystem::create_symlink("other", folder / "out.safetensors");
  write_model(model, {}, folder / "out.json");
  CHECK(std::filesystem::status(folder / "out.json").permissions() == std::filesystem::perms(0640));
  CHECK(read_model(folder / "out.json").network.operators().size() == 1);
  CHECK(read_file(folder / "other") == "other");
  CHECK(std::filesystem::is_symlink(folder / "out.safetensors"));  // whatever it is: weights take a free name
}

TEST_CASE("A new file may be read by whom all inputs may be read by, as far as umask allows") {
  struct Row {
    unsigned model, weights, mask, expected;
  };
  for (const Row& row : {Row{0644, 0644, 022, 0644}, Row{0600, 0600, 022, 0600}, Row{0644, 0600, 022, 0600},
                         Row{0666, 0666, 077, 0600}, Row{0664, 0664, 002, 0664}, Row{0440, 0444, 022, 0440}}) {
    for (const bool named : {false, true}) {
      INFO(row.model << " " << row.weights << " " << row.mask << " " << named);
      const TemporaryFolder folder;
      write_file(folder / "w.safetensors", conv_weights());
      write_file(folder / "m.json", conv_model());
      std::filesystem::permissions(folder / "w.safetensors", std::filesystem::perms(row.weights));
      std::filesystem::permissions(folder / "m.json", std::filesystem::perms(row.model));
      const int status = in_child([&] {
        umask(row.mask);
        if (named) {  // with few descriptors files have names from the beginning
          const rlimit limit = {8, 8};
          setrlimit(RLIMIT_NOFILE, &limit);
        }
        write_model(read_model(folder / "m.json"), {}, folder / "new.json");
        return 0;
      });
      REQUIRE(status == 0);
      for (const char* name : {"new.json", "new.safetensors"})
        CHECK(std::filesystem::status(folder / name).permissions() == std::filesystem::perms(row.expected));
    }
  }
}

TEST_CASE("An input that changes while the output is written stops it") {
  const TemporaryFolder folder;
  write_big_model(folder, 2000);
  const Model model = read_model(folder / "m.json");
  const auto before = listing(folder.path());
  SECTION("longer") {
    write_file(folder / "w.safetensors", read_file(folder / "w.safetensors") + "more");
    CHECK(error_of_write(model, folder / "out.json", folder) == "w.safetensors: changed while it was read");
  }
  SECTION("cut off") {
    std::filesystem::resize_file(folder / "w.safetensors", 1000);
    CHECK(error_of_write(model, folder / "out.json", folder) == "w.safetensors: changed while it was read");
  }
  SECTION("the model itself") {
    std::filesystem::resize_file(folder / "m.json", 0);
    CHECK(error_of_write(model, folder / "out.json", folder) == "m.json: changed while it was read");
  }
  CHECK(listing(folder.path()) == before);
}

TEST_CASE("A limit on the size of files is an error, and nothing is left behind") {
  const TemporaryFolder folder;
  write_big_model(folder, 2000);
  write_file(folder / "out.json", "old");
  const int status = in_child([&] {
    const rlimit limit = {100000, 100000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const Model model = read_model(folder / "m.json");
    return error_of_write(model, folder / "out.json", folder) == "out.safetensors: cannot write it: File too large" ? 7
                                                                                                                    : 1;
  });
  CHECK(status == 7);
  CHECK(listing(folder.path()) == std::vector<std::string>{"m.json", "out.json", "w.safetensors"});
  CHECK(read_file(folder / "out.json") == "old");
}

TEST_CASE("A full disk is an error, and nothing is left behind") {
  const TemporaryFolder folder;
  write_big_model(folder, 2000);
  std::filesystem::create_directory(folder / "disk");
  if (mount("tmpfs", (folder / "disk").c_str(), "tmpfs", 0, "size=1m") != 0) {
    WARN("skipped: a small file system cannot be mounted here");
    return;
  }
  write_file(folder / "disk/out.json", "old");
  const Model model = read_model(folder / "m.json");
  CHECK(error_of_write(model, folder / "disk/out.json", folder) ==
        "disk/out.safetensors: cannot write it: No space left on device");
  CHECK(listing(folder / "disk") == std::vector<std::string>{"out.json"});
  CHECK(read_file(folder / "disk/out.json") == "old");
  CHECK(umount((folder / "disk").c_str()) == 0);
}

TEST_CASE("An output that is killed at any moment is the old one or the new one") {
  const TemporaryFolder folder;
  write_big_model(folder, 3000);  // 3 MB
  const Model model = read_model(folder / "m.json");
  const auto begin = std::chrono::steady_clock::now();
  write_model(model, scaled(model, 1), folder / "out.json");
  const auto once = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  std::mt19937 random(3);
  int replaced_times = 0;
  // On a machine that is busy a child may be killed early every time: then there are more of them, and they live
  // longer.
  for (int round = 0; round < 12 || (replaced_times == 0 && round < 200); ++round) {
    const pid_t child = fork();
    if (child == 0) {
      for (int i = 0;; ++i) write_model(model, scaled(model, i % 2 == 0 ? 2 : 4), folder / "out.json");
    }
    const auto longest = std::max<std::int64_t>(5 * once.count(), 20000) * (1 + round / 12);
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution<std::int64_t>(1000, longest)(random)));
    REQUIRE(kill(child, SIGKILL) == 0);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    const Model after = read_model(folder / "out.json");
    const std::vector<double> values = values_of(after.network, "w");
    REQUIRE(values.size() == std::size_t{3000} * 256);
    const double first = values.front();
    CHECK((first == 1 || first == 2 || first == 4));
    CHECK(std::count(values.begin(), values.end(), first) == static_cast<std::ptrdiff_t>(values.size()));
    if (first != 1) ++replaced_times;
  }
  CHECK(replaced_times > 0);  // some of them got that far
}

TEST_CASE("A temporary file goes with the one who made it") {
  const TemporaryFolder folder;
  const auto content = [&] { return listing(folder.path()); };
  {
    const TemporaryFile unnamed(folder / "f", folder / ".a", 0666);
    const TemporaryFile named(folder / "f", folder / ".b", 0666, TemporaryFile::Name::early);
    CHECK(content().size() <= 2);  // one, where the file system knows files without a name
    CHECK(content().size() >= 1);
  }
  CHECK(content().empty());
  {
    TemporaryFile file(folder / "f", folder / ".a", 0666, TemporaryFile::Name::early);
    REQUIRE(write(file.descriptor(), "abc", 3) == 3);
    file.name();
    file.publish();
  }
  CHECK(content() == std::vector<std::string>{"f"});
  CHECK(read_file(folder / "f") == "abc");
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP}) {
    INFO(signal);
    CHECK(in_child([&] {
            const TemporaryFile file(folder / "g", folder / ".a", 0666, TemporaryFile::Name::early);
            raise(signal);
            return 0;
          }) == 128 + signal);
    CHECK(content() == std::vector<std::string>{"f"});
  }
  CHECK(error_of([&] { TemporaryFile(folder / "none/f", folder / "none/.a", 0666); }, folder.path()) ==
        "none/f: cannot make a file in its folder: No such file or directory");
}

TEST_CASE("Pieces of any size pass through the buffer") {
  const TemporaryFolder folder;
  std::string input(1000003, '\0');
  std::mt19937 random(9);
  for (char& each : input) each = static_cast<char>(random());
  write_file(folder / "in", input);
  const std::vector<std::shared_ptr<const MappedFile>> files = {MappedFile::open(folder / "in")};
  std::string expected;
  Output output(files, false);
  const std::vector<std::size_t> sizes = {1, 7, 300000, 0, 262144, 262143, 5, 99999};
  std::size_t total = 0;
  for (const std::size_t each : sizes) total += 2 * each;
  OutputFile& out = output.add(folder / "out", total);
  for (const std::size_t size : sizes) {
    out.write(std::string_view(input).substr(0, size));
    out.copy(*files[0], 3, size);
    expected += input.substr(0, size) + input.substr(3, size);
  }
  CHECK(output.commit().bytes == total);
  CHECK(read_file(folder / "out") == expected);
}

TEST_CASE("Scaled elements that lie across two blocks come out whole") {
  const TemporaryFolder folder;
  constexpr std::int64_t kRows = 401, kColumns = 503;  // 800 KB and more: several blocks
  for (const DType dtype : {DType::float16, DType::float32, DType::float64}) {
    for (const std::size_t before : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{5}, std::size_t{7}}) {
      const std::size_t step = size(dtype), bytes = static_cast<std::size_t>(kRows * kColumns) * step;
      std::string input(before + bytes, 'x');
      std::mt19937 random(before);
      with_codec(dtype, [&](auto codec) {
        using Codec = decltype(codec);
        for (std::size_t at = before; at < input.size(); at += step) {
          const auto value = Codec::narrow(static_cast<double>(random() % 1000) / 64);
          std::memcpy(input.data() + at, &value, step);
        }
      });
      write_file(folder / "in", input);
      const std::vector<std::shared_ptr<const MappedFile>> files = {MappedFile::open(folder / "in")};
      const std::vector<std::int64_t> shape = {kRows, kColumns};
      const Literal source = {dtype, Shape(shape), files[0]->bytes().subspan(before)};
      Edit edit{shape, shape, {{AxisMask::of({0}), {}}}};
      for (std::int64_t row = 0; row < kRows; ++row)
        edit.factors[0].values.push_back(row % 2 == 0 ? 0.5 : static_cast<double>(row % 7 + 1));
      // Each element by itself.
      std::string expected = input;
      with_codec(dtype, [&](auto codec) {
        using Codec = decltype(codec);
        for (std::size_t i = 0; i < static_cast<std::size_t>(kRows * kColumns); ++i) {
          const auto value = Codec::narrow(element(source, i) * edit.factors[0].values[i / kColumns]);
          std::memcpy(expected.data() + before + i * step, &value, step);
        }
      });
      Output output(files, false);
      OutputFile& out = output.add(folder / "out", input.size());
      out.write(std::string_view(input).substr(0, before));
      out.scale(*files[0], before, Scaler(source, edit, "w"));
      CHECK(output.commit().bytes == input.size());
      CHECK((read_file(folder / "out") == expected));
    }
  }
}
