// JSON front to back: what is read, what is refused and where the mistake is said to be.
#include "graph/formats/text/json.hpp"

#include <cmath>

#include "graph/base/mapped_file.hpp"
#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/splices.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;
using namespace rw::graph::json;
using rw::test::error_of;

namespace {

// Text with room behind it, as a mapped file has it.
class Padded {
 public:
  explicit Padded(std::string_view text) : size_(text.size()), memory_(text) {
    memory_.resize(size_ + MappedFile::kPadding, '\0');
  }
  std::string_view text() const { return std::string_view(memory_).substr(0, size_); }

 private:
  std::size_t size_;
  std::string memory_;
};

std::string check(std::string_view text) {
  const Padded padded(text);
  return error_of([&] { Document(padded.text()).read([](Value& root) { root.check(); }); });
}

// Reads member "a" of the object.
std::string error_at_a(std::string_view text, FunctionRef<void(Value&)> f) {
  const Padded padded(text);
  return error_of([&] { Document(padded.text()).read([&](Value& root) { root.find("a", f); }); });
}

template <typename T>
T value_of_a(std::string_view text, T (*read)(Value&)) {
  const Padded padded(text);
  T result{};
  Document(padded.text()).read([&](Value& root) { root.find("a", [&](Value& value) { result = read(value); }); });
  return result;
}

std::string string_of(std::string_view literal) {
  return value_of_a<std::string>(R"({"a": )" + std::string(literal) + "}",
                                 [](Value& v) { return std::string(v.string()); });
}
double number_of(std::string_view literal) {
  return value_of_a<double>(R"({"a": )" + std::string(literal) + "}", [](Value& v) { return v.number(); });
}

}  // namespace

TEST_CASE("Keys of every length, plain and with an escape anywhere") {
  for (std::size_t length = 0; length < 20; ++length) {
    for (std::size_t escaped = 0; escaped <= length; ++escaped) {  // length: none is
      std::string key(length, 'k'), written = key;
      if (escaped < length) {
        key[escaped] = escaped % 2 == 0 ? '"' : '\\';
        written.replace(escaped, 1, std::string("\\") + key[escaped]);
      }
      const Padded padded("{\"" + written + "\": 1, \"last\": 2}");
      std::vector<std::string> keys;
      Document(padded.text()).read([&](Value& root) {
        root.object([&](std::string_view name, Value&) { keys.emplace_back(name); });
      });
      CHECK(keys == std::vector<std::string>{key, "last"});
    }
  }
}

TEST_CASE("Well-formed JSON is passed over whole") {
  CHECK(check("{}") == "no error");
  CHECK(check(" \n{\"a\": [1, -0.5e+10, true, false, null, \"x\\n\\u00e9\", {\"b\": []}]}\n") == "no error");
  CHECK(check("\xEF\xBB\xBF{\"a\": 1}") == "no error");  // the mark that some editors leave
  CHECK(check(R"({"big": 123456789012345678901234567890, "b": 1e999})") == "no error");  // ours to keep, not to read
}

TEST_CASE("What is no JSON is refused with its place") {
  CHECK(check("") == "is empty, expected JSON");
  CHECK(check(" \n ") == "is empty, expected JSON");
  CHECK(check("[1, 2]") == "line 1, column 1: expected an object, {...}, found a list");
  CHECK(check("\n  17") == "line 2, column 3: expected an object, {...}");
  CHECK(check("ONNX") == "line 1, column 1: expected an object, {...}");
  const std::string flaw = "is not JSON: a value, comma, colon or bracket is missing or out of place";
  CHECK(check("{\"a\": 1,\n \"b\" 2}") == "line 2, column 6: " + flaw);
  CHECK(check("{\"a\": 1} {}") != "no error");
  CHECK(check("{\"a\": 1,}") == "line 1, column 9: " + flaw);
  CHECK(check("{\"a\": [1 2]}") == "line 1, column 10: " + flaw);
  CHECK(check("{\"a\": [1}}") == "line 1, column 9: " + flaw);
  CHECK(check("{\"a\": {\"b\": 1]}") != "no error");
  CHECK(check("{\"a\": tru}") == "line 1, column 7: is not JSON: expected a value here");
  CHECK(check("{\"a\": 01}") == "line 1, column 7: is not JSON: expected a value here");
  CHECK(check("{\"a\": 1.}") == "line 1, column 7: is not JSON: expected a value here");
  CHECK(check("{\"a\": .5}") == "line 1, column 7: is not JSON: expected a value here");
  CHECK(check("{\"a\": +1}") == "line 1, column 7: is not JSON: expected a value here");
  CHECK(check("{\"a\": 1e}") == "line 1, column 7: is not JSON: expected a value here");
  CHECK(check("{\"a\": NaN}") == "line 1, column 7: is not JSON: expected a value here");
  CHECK(check("{\"a\": 1") != "no error");
  CHECK(check("{\"a\": \"x}") == "line 1, column 7: is not JSON: the string that begins here is not closed");
  CHECK(check("{\"a\": \"x\ny\"}") ==
        "line 1, column 9: is not JSON: the control character 0x0a stands in a string; write \\u000a");
  CHECK(check("{\"a\": \"\xff\"}") == "line 1, column 8: is not JSON: the byte 0xff is not UTF-8 here");
  CHECK(check("{\"a\": \"\\x\"}") ==
        "line 1, column 7: is not JSON: the string that begins here has an escape that does not exist");
  CHECK(check("{\"a\": \"\\ud800\"}") != "no error");
  CHECK(check("{\"a\": \"\\udc00\"}") != "no error");
  CHECK(check("{\"a\": \"\\u12g4\"}") != "no error");
}

TEST_CASE("Values may be nested 200 deep, and no depth is too much for the stack") {
  const auto nested = [](std::size_t depth) {
    return "{\"a\": " + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CHECK(check(nested(200)) == "no error");
  CHECK(check(nested(201)) == "line 1, column 207: is nested more than 200 levels deep");
  CHECK(check(nested(1000000)) == "line 1, column 207: is nested more than 200 levels deep");
  CHECK(check("{\"a\": " + std::string(1000000, '[')) != "no error");
  CHECK(check(std::string(1000000, '[')) != "no error");
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  CHECK(check(objects) != "no error");
}

TEST_CASE("Strings lose their escapes") {
  CHECK(string_of(R"("plain")") == "plain");
  CHECK(string_of(R"("")").empty());
  CHECK(string_of(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(string_of(R"("a\u0041\u00e9\u20ac\ud83d\ude00z")") == "aAé€😀z");
  CHECK(string_of(R"("\u0000")") == std::string(1, '\0'));
  CHECK(string_of(R"("ends in a backslash \\")") == "ends in a backslash \\");
}

TEST_CASE("Keys lose theirs as well") {
  const Padded padded(R"({"\u0061\"\\": 1, "b\\": 2})");
  std::vector<std::string> keys;
  Document(padded.text()).read([&](Value& root) {
    root.object([&](std::string_view key, Value&) { keys.emplace_back(key); });
  });
  CHECK(keys == std::vector<std::string>{"a\"\\", "b\\"});
}

TEST_CASE("Numbers") {
  CHECK(number_of("0") == 0);
  CHECK(number_of("-1.5e-3") == -0.0015);
  CHECK(number_of("0.1") == 0.1);
  CHECK(std::signbit(number_of("-0.0")));
  CHECK(number_of("1.7976931348623157e308") == 1.7976931348623157e308);
  const auto number = [](Value& value) { value.number(); };
  const auto integer = [](Value& value) { value.integer(); };
  CHECK(error_at_a(R"({"a": 1e999})", number) == "line 1, column 7: is too large for a number");
  CHECK(error_at_a(R"({"a": "1"})", number) == "line 1, column 7: expected a number, found \"1\"");
  CHECK(error_at_a(R"({"a": [1]})", number) == "line 1, column 7: expected a number, found a list");
  CHECK(error_at_a(R"({"a": 1.0})", integer) == "line 1, column 7: expected an integer, found 1.0");
  CHECK(error_at_a(R"({"a": 1e3})", integer) == "line 1, column 7: expected an integer, found 1e3");
  CHECK(error_at_a(R"({"a": 9223372036854775808})", integer) ==
        "line 1, column 7: is too large for an integer of 64 bits");
  CHECK(value_of_a<std::int64_t>(R"({"a": -9223372036854775808})", [](Value& v) { return v.integer(); }) == INT64_MIN);
}

TEST_CASE("A value of another kind is named") {
  const auto string = [](Value& value) { value.string(); };
  CHECK(error_at_a(R"({"a": null})", string) == "line 1, column 7: expected a string, found null");
  CHECK(error_at_a(R"({"a": {}})", string) == "line 1, column 7: expected a string, found an object");
  CHECK(error_at_a(R"({"a": true})", [](Value& v) { v.array([](Value&) {}); }) ==
        "line 1, column 7: expected a list, found true");
  CHECK(error_at_a(R"({"a": [1, "2"]})", [](Value& v) {
          std::vector<double> values;
          v.numbers(values);
        }) == "line 1, column 11: expected a number, found \"2\"");
}

TEST_CASE("Ranges are those of the text, without spaces around them") {
  const Padded padded("{ \"a\" : [ 1 , {\"b\":  2 } ]  , \"c\":\t3.5\n}\n");
  std::vector<std::string> texts;
  Document(padded.text()).read([&](Value& root) {
    root.object([&](std::string_view, Value& value) {
      value.check();
      texts.emplace_back(cut(padded.text(), value.range()));
    });
    texts.emplace_back(cut(padded.text(), root.range()));
  });
  CHECK(texts == std::vector<std::string>{"[ 1 , {\"b\":  2 } ]", "3.5",
                                          std::string(padded.text().substr(0, padded.text().size() - 1))});
}

TEST_CASE("An object can be looked at again, in whatever order") {
  const Padded padded(R"({"a": {"late": [1, 2], "early": 3}, "b": 4})");
  std::vector<std::int64_t> seen;
  Document(padded.text()).read([&](Value& root) {
    root.object([&](std::string_view key, Value& value) {
      if (key == "b") return seen.push_back(value.integer());
      CHECK(value.find("early", [&](Value& v) { seen.push_back(v.integer()); }));
      CHECK(value.find("late", [&](Value& v) { v.integers(seen); }));
      CHECK_FALSE(value.find("never", [](Value&) {}));
    });
  });
  CHECK(seen == std::vector<std::int64_t>{3, 1, 2, 4});
}

TEST_CASE("A part of a text is read as a document with places in the whole") {
  const Padded padded("skip\n{\"a\": 1}{\"a\": x}");
  const std::string_view text = padded.text();
  Document(text, {5, 13}).read([&](Value& root) { root.check(); });
  CHECK(error_of([&] {
          Document(text, {13, 21}).read([](Value& root) { root.check(); });
        }) == "line 2, column 15: is not JSON: expected a value here");
  CHECK(error_of([&] { Document(text, {5, 12}).read([](Value& root) { root.check(); }); }) != "no error");
}

TEST_CASE("A part that ends too early is refused, whatever stands behind it") {
  const std::string inside = R"({"a": {"b": [1, [2, {"c": "d"}]], "e": null}, "f": -1.5})";
  const auto error = [](const std::string& text, std::size_t end) {
    const Padded padded(text);
    const Range part = {0, static_cast<std::uint32_t>(end)};
    return error_of([&] { Document(padded.text(), part).read([](Value& root) { root.check(); }); });
  };
  for (const char* behind : {"", "[[[[[[[[", "{\"x\":{\"x\":", "]}]}]}", "1,2,3,", "\"\"\"\"", "::::"}) {
    INFO(behind);
    CHECK(error(inside + behind, inside.size()) == "no error");
    for (std::size_t cut = 1; cut < inside.size(); ++cut) {
      INFO(cut);
      CHECK(error(inside.substr(0, cut) + behind, cut) != "no error");
    }
  }
  CHECK(error(R"({"a": [1, 2)", 11) ==
        "line 1, column 12: is not JSON: it does not end with the bracket that closes it");
}

TEST_CASE("Text that is written is read back") {
  const std::string nasty = "quote \" backslash \\ control \x01\n tab \t é";
  CHECK(string_of(json::quoted(nasty)) == nasty);
  for (const double value : {0.0, -0.0, 0.1, 1.0 / 3, 1e300, 5e-324, -123456789.125, 1e22, 3e-7}) {
    std::string text;
    append_number(value, text);
    INFO(text);
    CHECK(number_of(text) == value);
    CHECK(std::signbit(number_of(text)) == std::signbit(value));
  }
}

TEST_CASE("Splices change what they are told and nothing else") {
  const std::string source = "0123456789";
  Splices splices;
  splices.replace({7, 9}, "");
  splices.insert(2, "a");
  splices.replace({2, 4}, "XYZ");
  splices.insert(2, "b");
  splices.insert(10, "!");
  CHECK(splices.size(source) == 12);
  CHECK(splices.apply(source) == "01abXYZ4569!");
  CHECK(Splices().apply(source) == source);
}
