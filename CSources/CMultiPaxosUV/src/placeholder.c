#include "mp_uv.h"
