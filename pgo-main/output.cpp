#include "output.h"

#include <algorithm>
#include <ostream>

namespace pgo::cli {

void Output::line(std::string_view text) { *text_ << text << '\n'; }
void Output::write(std::string_view text) { *text_ << text; }
void Output::document(std::string_view text) { *out_ << text; }
void Output::flush() {
  out_->flush();
  text_->flush();
}
void Output::error(std::string_view text) { *errors_ << "Error: " << text << '\n'; }
void Output::notice(std::string_view text) { *errors_ << text << '\n'; }

std::string Output::colour(std::string_view text, std::string_view code) const {
  if (!traits_.colour || for_documents()) return std::string(text);
  std::string coloured(code);
  coloured += text;
  coloured += "\x1b[0m";
  return coloured;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string result(text);
  if (result.size() < width) result.resize(width, ' ');
  return result;
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i + 1 == row.size() ? row[i] : padded(row[i], widths[i] + 2);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

}  // namespace pgo::cli
