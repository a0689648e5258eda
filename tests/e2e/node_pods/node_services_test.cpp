#include "node_world.h"
