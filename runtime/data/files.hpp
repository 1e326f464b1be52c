// The files that words of the command line mean.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rw::data {

enum class FileKind : std::uint8_t { npy, npz, tensor, image };

struct DataFile {
  std::filesystem::path path;
  FileKind kind = FileKind::npy;
  std::string input;       // that the word names; empty: none
  bool in_folder = false;  // the word is a folder, and the file one of those in it
};

// Files in the order of the words, those of a folder (and of folders in it) in the order of their paths. In "a=b.npy"
// the input is what stands before the first '=', unless a file is called so. `passed_over` counts files in folders that
// are of no kind that is read. graph::Error: missing, of an unknown kind, a folder without any.
std::vector<DataFile> data_files(const std::vector<std::string>& words, std::size_t& passed_over);

}  // namespace rw::data
