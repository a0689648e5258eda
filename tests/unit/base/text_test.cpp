#include "pgo/base/text.h"

#include <doctest/doctest.h>

namespace text = pgo::text;

TEST_SUITE_BEGIN("base.text");

TEST_CASE("lists: blanks are trimmed and empty parts dropped") {
  CHECK(text::split_list(" a, b ,,c ") == std::vector<std::string>{"a", "b", "c"});
  CHECK(text::split_list("").empty());
  CHECK(text::split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
}

TEST_CASE("dns labels: RFC 1035 needs a leading letter, RFC 1123 does not") {
  CHECK(text::is_dns1035_label("hippo-1"));
  CHECK_FALSE(text::is_dns1035_label("1hippo"));
  CHECK(text::is_dns1123_label("1hippo"));
  for (const char* bad : {"", "-a", "a-", "A", "a_b", "a.b"}) {
    CAPTURE(bad);
    CHECK_FALSE(text::is_dns1123_label(bad));
  }
  CHECK(text::is_dns1123_label(std::string(63, 'a')));
  CHECK_FALSE(text::is_dns1123_label(std::string(64, 'a')));
  CHECK(text::is_dns1123_subdomain("a.b-c.d"));
  CHECK_FALSE(text::is_dns1123_subdomain("a..b"));
}

TEST_CASE("base64: RFC 4648 test vectors") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    CHECK(text::base64_encode(plain) == encoded);
    CHECK(text::base64_decode(encoded).value() == plain);
  }
  for (const char* bad : {"Zg", "Zg=", "Z===", "Zm9*", "Zg==Zg=="}) {
    CAPTURE(bad);
    CHECK_FALSE(text::base64_decode(bad));
  }
}

TEST_CASE("percent encoding: round trip of every byte") {
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  CHECK(text::percent_decode(text::percent_encode(all)).value() == all);
  CHECK(text::percent_decode("a+b", true).value() == "a b");
  CHECK_FALSE(text::percent_decode("%2"));
  CHECK_FALSE(text::percent_decode("%zz"));
}

TEST_CASE("shell quoting: a quote inside is closed, escaped and opened again") {
  CHECK(text::shell_quote("it's") == "'it'\\''s'");
  CHECK(text::shell_quote("") == "''");
}

TEST_CASE("numbers and booleans: the whole text or nothing") {
  CHECK(text::to_int("-12") == -12);
  CHECK_FALSE(text::to_int("12a"));
  CHECK_FALSE(text::to_int(""));
  CHECK(text::to_bool("T") == true);
  CHECK(text::to_bool("false") == false);
  CHECK_FALSE(text::to_bool("yes"));
}

TEST_SUITE_END();
