/* One head, trained on one thread: what Python and the compiled variants agree on. See native.py for the caller. */

#ifndef TAILPROBE_KERNEL_H
#define TAILPROBE_KERNEL_H

#include <stdint.h>

/* Mirrored field by field by `_Head` in native.py. N rows, D inputs, W width, C classes, B batch. */
typedef struct {
    int64_t inputs, width, classes, batch;
    const void *embeddings;             /* (N, D) float or IEEE half, by strides counted in elements */
    int64_t row_stride, column_stride;
    int64_t half;                       /* 1: embeddings are IEEE half */
    const float *mean, *inverse;        /* (D,) standardisation, or null for none */
    const uint8_t *labels;              /* (N, C) 0 or 1, contiguous */
    const float *positive, *negative;   /* (C,) weights of the loss terms of labels 1 and 0 */
    double positive_focus, negative_focus;   /* gamma of the loss terms of labels 1 and 0, see loss() */
    int64_t weigh_batches;              /* 1: a batch is weighed by its mean factor instead of each row by its own */
    int64_t drop_below;                 /* a unit is dropped if its 16 bits are below this */
    double scale, weight_decay;         /* of the units that stay, 1 / (1 - dropout) */
    double mean_left, square_left;      /* Adam's 0.9^t and 0.999^t after t steps, 1 at first */
    float *memory;                      /* as many floats as `memory_floats` says, zeroed, 64-byte aligned */
} Head;

typedef struct {
    int64_t (*memory_floats)(int64_t inputs, int64_t width, int64_t classes, int64_t batch);
    void (*load)(Head *, const float *hidden_weight, const float *hidden_bias, const float *output_weight,
                 const float *output_bias);
    void (*store)(const Head *, float *hidden_weight, float *hidden_bias, float *output_weight, float *output_bias);
    double (*train)(Head *, const int64_t *rows, const float *factors, int64_t count, double rate, uint32_t key);
    double (*validate)(const Head *, const int64_t *rows, int64_t count);
} Kernel;

extern const Kernel kernel_baseline, kernel_baseline_bfloat16;
#if defined(__x86_64__)
extern const Kernel kernel_avx2, kernel_avx512, kernel_avx512_bfloat16, kernel_amx_bfloat16;
#endif

#endif
