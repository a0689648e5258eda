#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace pgo::cli {

/// What a stream can show.
struct TerminalTraits {
  bool colour = false;       ///< green and red may be used
  bool interactive = false;  ///< a line may be rewritten in place
};

/// Where a command writes: results on one stream, errors and notices on the other.
class Output {
 public:
  /// Both streams must outlive the object.
  Output(std::ostream& out, std::ostream& errors, TerminalTraits traits)
      : out_(&out), text_(&out), errors_(&errors), traits_(traits) {}

  /// From now on the stream of results is for documents alone; what else a command tells, questions
  /// and progress included, goes to the error stream, so that a script can read the document.
  void keep_for_documents() { text_ = errors_; }
  bool for_documents() const { return text_ != out_; }
  /// A JSON or YAML document, with its last newline.
  void document(std::string_view text);

  void line(std::string_view text = {});
  void write(std::string_view text);
  void flush();
  /// False once results could not be written.
  bool written() const { return write_error_ == 0; }
  /// ... because nobody reads them any more: a closed pipe.
  bool reader_gone() const;
  /// "Error: TEXT" on the error stream.
  void error(std::string_view text);
  /// A line on the error stream.
  void notice(std::string_view text);

  std::string good(std::string_view text) const { return colour(text, "\x1b[32m"); }
  std::string bad(std::string_view text) const { return colour(text, "\x1b[31m"); }
  bool interactive() const { return traits_.interactive && !for_documents(); }

 private:
  void put(std::ostream& stream, std::string_view text);
  /// Keeps why the stream of results failed, the first time that it shows.
  void look_for_failure();
  std::string colour(std::string_view text, std::string_view code) const;

  std::ostream* out_;
  std::ostream* text_;  ///< one of the two
  std::ostream* errors_;
  TerminalTraits traits_;
  int write_error_ = 0;
};

/// `text` filled with blanks to `width` characters; never cut.
std::string padded(std::string_view text, std::size_t width);

/// Rows under a header, columns as wide as their longest cell and two blanks apart.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.size() < 2; }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace pgo::cli
