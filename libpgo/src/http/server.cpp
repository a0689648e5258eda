#include "pgo/http/server.h"
