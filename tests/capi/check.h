#pragma once

// What the C programs of this folder need: checks that name their line, and short-cuts.

#include <pgo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                      \
  do {                                                                        \
    if (!(condition)) {                                                       \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                \
    }                                                                         \
  } while (0)

// Ends the test with the error, if there is one.
#define MUST(call)                                                                    \
  do {                                                                                \
    pgo_error* failure = (call);                                                      \
    if (failure != NULL) {                                                            \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, pgo_error_message(failure)); \
      exit(1);                                                                        \
    }                                                                                 \
  } while (0)

// The call must fail with this code and a message that holds this word.
#define REFUSED(call, wanted, word) refused((call), (wanted), (word), __FILE__, __LINE__)

static inline void refused(pgo_error* error, int32_t wanted, const char* word, const char* file,
                           int line) {
  if (error == NULL || pgo_error_code(error) != wanted ||
      strstr(pgo_error_message(error), word) == NULL) {
    fprintf(stderr, "%s:%d: expected %s with \"%s\", got %s: %s\n", file, line,
            pgo_code_name(wanted), word, pgo_code_name(pgo_error_code(error)),
            pgo_error_message(error));
    exit(1);
  }
  pgo_error_free(error);
}

// True when the document holds the text; gives the string back.
static inline int holds(pgo_string* string, const char* text) {
  CHECK(strlen(pgo_string_data(string)) == pgo_string_size(string));
  const int found = strstr(pgo_string_data(string), text) != NULL;
  if (!found) fprintf(stderr, "not in %s: %s\n", pgo_string_data(string), text);
  pgo_string_free(string);
  return found;
}
