#include "runtime/html/table.hpp"

namespace rw::html {
namespace {

void add_cell(Markup& page, const Cell& cell, const Column& column, bool head) {
  const std::string_view exact = cell.exact != cell.text ? std::string_view(cell.exact) : std::string_view();
  page.open(
      head ? "th" : "td",
      {{"scope", head ? "row" : ""}, {"class", column.number ? "n" : ""}, {"data-v", exact}, {"title", cell.title}});
  if (!cell.drawn.empty())
    page.add(cell.drawn);
  else if (!cell.link.empty())
    page.element("a", {{"href", cell.link}}, cell.text);
  else
    page.text(cell.text);
  page.close();
}

}  // namespace

std::size_t add_table(Markup& page, const Table& table, std::size_t most) {
  page.open("div", {{"class", "scroll"}, {"tabindex", "0"}, {"role", "group"}, {"aria-label", table.caption}});
  page.open("table", {{"id", table.id}, {"class", table.kind}, {"data-tools", table.tools ? "yes" : ""}});
  page.element("caption", table.caption);
  page.open("thead").open("tr");
  for (const Column& column : table.columns)
    page.element("th",
                 {{"scope", "col"},
                  {"class", column.number  ? "n"
                            : column.drawn ? "drawn"
                                           : ""},
                  {"title", column.tells}},
                 column.title);
  page.close().close().line().open("tbody");
  const std::size_t start = page.size();
  std::size_t count = 0;
  for (const std::vector<Cell>& row : table.rows) {
    if (page.size() - start > most) break;
    page.open("tr");
    for (std::size_t i = 0; i < row.size(); ++i) add_cell(page, row[i], table.columns[i], i == 0);
    page.close().line();
    ++count;
  }
  page.close().close().close().line();
  return count;
}

}  // namespace rw::html
