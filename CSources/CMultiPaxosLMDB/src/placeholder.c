#include "mp_lmdb.h"
