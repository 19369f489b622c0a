/* Issues one copy after another without the time that an interpreter takes between them. */

#include <stddef.h>

typedef int (*copy_async)(unsigned long long target, unsigned long long source, size_t bytes, void *stream);

/* The driver's first error, or 0. */
int copy_each(copy_async copy, const unsigned long long *targets, const unsigned long long *sources, size_t bytes,
              size_t count, void *stream) {
    for (size_t i = 0; i < count; i++) {
        int error = copy(targets[i], sources[i], bytes, stream);
        if (error != 0) {
            return error;
        }
    }
    return 0;
}
