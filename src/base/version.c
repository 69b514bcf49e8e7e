/* The version, written once: in CMakeLists.txt. */
#include "amend/version.h"

const char *amend_version(void)
{
    return AMEND_VERSION;
}
