// Tables of a page, which its script sorts, filters and copies.
#pragma once

#include <string>
#include <vector>

#include "runtime/html/markup.hpp"

namespace rw::html {

struct Column {
  std::string title;
  bool number = false;
  std::string tells = {};  // what it means, where the title does not say it
  bool drawn = false;      // nothing to sort by
};

struct Cell {
  std::string text;        // as it is read
  std::string exact = {};  // as the report has it as data, where that is another text: what is sorted by and copied
  std::string link = {};   // "#r3"
  std::string title = {};  // what more there is to say, or the whole of a text that was shortened
  Markup drawn = {};       // in place of the text
};

struct Table {
  std::string id, caption;
  std::vector<Column> columns;  // the first names the row
  std::vector<std::vector<Cell>> rows = {};
  bool tools = false;     // a box to filter it by, and a button that copies it as CSV, where scripts run
  std::string kind = {};  // a class of the style
};

// Rows until they take `most` bytes; returns how many were written.
std::size_t add_table(Markup& page, const Table& table, std::size_t most = SIZE_MAX);

}  // namespace rw::html
