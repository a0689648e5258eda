#include "output.h"

#include <algorithm>
#include <cerrno>
#include <ostream>

namespace pgo::cli {

void Output::line(std::string_view text) { put(*text_, std::string(text) + '\n'); }
void Output::write(std::string_view text) { put(*text_, text); }
void Output::document(std::string_view text) { put(*out_, text); }
void Output::flush() {
  errno = 0;
  out_->flush();
  look_for_failure();
  text_->flush();
}

void Output::put(std::ostream& stream, std::string_view text) {
  errno = 0;
  stream << text;
  look_for_failure();
}

void Output::look_for_failure() {
  if (write_error_ == 0 && !*out_) write_error_ = errno == 0 ? EIO : errno;
}

bool Output::reader_gone() const { return write_error_ == EPIPE; }
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
