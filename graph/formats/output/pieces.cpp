#include "graph/formats/output/pieces.hpp"

#include <utility>

namespace rw::graph {
namespace {

constexpr std::size_t kLong = std::size_t{1} << 14U;  // below, a view is cheaper than a system call

}  // namespace

void Pieces::copy(std::string_view view) {
  if (view.empty()) return;
  size_ += view.size();
  // Neighbours in a file become one range, so that long runs of untouched fields are one copy.
  if (!pieces_.empty())
    if (auto* last = std::get_if<std::string_view>(&pieces_.back());
        last && last->data() + last->size() == view.data()) {
      *last = {last->data(), last->size() + view.size()};
      return;
    }
  pieces_.emplace_back(view);
}

void Pieces::text(std::string bytes) {
  if (bytes.empty()) return;
  size_ += bytes.size();
  if (!pieces_.empty())
    if (auto* last = std::get_if<std::string>(&pieces_.back())) {
      *last += bytes;
      return;
    }
  pieces_.emplace_back(std::move(bytes));
}

void Pieces::scaled(const Literal& source, const Edit& edit, std::string_view name) {
  pieces_.emplace_back(Scaled{&source, &edit, name});
  size_ += result_size(source, edit);
}

void Pieces::append(Pieces&& other) {
  for (Piece& piece : other.pieces_) pieces_.emplace_back(std::move(piece));
  size_ += other.size_;
  other.pieces_.clear();
  other.size_ = 0;
}

void Pieces::write(OutputFile& file) const {
  for (const Piece& piece : pieces_) {
    if (const auto* text = std::get_if<std::string>(&piece)) {
      file.write(*text);
    } else if (const auto* view = std::get_if<std::string_view>(&piece)) {
      const auto place = view->size() < kLong ? std::nullopt : find_source(sources_, view->data());
      if (place)
        file.copy(*place->file, place->offset, view->size());
      else
        file.write(*view);
    } else {
      const auto& scaled = std::get<Scaled>(piece);
      Scaler scaler(*scaled.source, *scaled.edit, scaled.name);
      if (const auto place = find_source(sources_, scaler.source().bytes.data()))
        file.scale(*place->file, place->offset, std::move(scaler));
      else
        file.write(std::span<const std::byte>(scaler.result()));
    }
  }
}

}  // namespace rw::graph
