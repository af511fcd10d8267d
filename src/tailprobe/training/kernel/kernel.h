/* One head, trained on one thread: what Python and the compiled variants agree on. See native.py for the caller. */

#ifndef TAILPROBE_KERNEL_H
#define TAILPROBE_KERNEL_H

#include <stdint.h>

/* The structs are mirrored field by field in native.py, which compares their sizes with `tailprobe_sizes` when it loads
   the library. N rows, D inputs, W width, C classes, B batch, R training rows and synthetic rows. */

enum { ADAM, ADAMW, SGD };   /* in the order of learners/optimiser.py */

/* The loss of learners/loss.py. A table is (2, C): the terms of label 0, then those of label 1; null where neutral. */
typedef struct {
    const float *weight, *scale, *shift, *gamma, *clip, *smoothing;
} LossSpec;

typedef struct {
    int64_t inputs, width, classes, batch;   /* a width of 0: a linear head */
    const void *embeddings;             /* (N, D) float or IEEE half, by strides counted in elements */
    int64_t row_stride, column_stride;
    int64_t half;                       /* 1: embeddings are IEEE half */
    const float *mean, *inverse;        /* (D,) standardisation, or null for none */
    const uint8_t *labels;              /* (N, C) 0 or 1, contiguous; one 1 a row by the softmax link */
    const double *row_weights;          /* (R, row_weight_columns), contiguous */
    int64_t row_weight_columns;         /* 0: no row weights; 1: one a row; C: one a loss term */
    int64_t batch_mean_weight;          /* 1: each row of a batch weighs the mean of its rows' weights */
    int64_t output_only;                /* 1: the hidden layer is left as it is */
    int64_t is_softmax;                 /* the link: 0 sigmoid, 1 softmax */
    int64_t loss_features;              /* of the current loss, set by `set_loss` */
    int64_t dropout_threshold;          /* a unit is dropped if its 16 bits are below this */
    double keep_scale, weight_decay;    /* keep_scale: of the units that stay, 1 / (1 - dropout) */
    int64_t algorithm;                  /* of learners/optimiser.py: ADAM, ADAMW or SGD */
    double momentum, radius;            /* momentum of SGD; radius of sharpness-aware minimisation, 0 for none */
    double beta1_power, beta2_power;    /* Adam's 0.9^t and 0.999^t after t steps, 1 at first */
    float *memory;                      /* as many floats as `memory_floats` says, zeroed, 64-byte aligned */
} TrainerState;

typedef struct {
    int64_t (*memory_floats)(int64_t inputs, int64_t width, int64_t classes, int64_t batch, int64_t is_sharpness_aware);
    /* Weights are (W, D), (W,), (C, W), (C,), contiguous; of a linear head null, null, (C, D), (C,). */
    void (*load)(TrainerState *, const float *hidden_weight, const float *hidden_bias, const float *output_weight,
                 const float *output_bias);
    void (*store)(const TrainerState *, float *hidden_weight, float *hidden_bias, float *output_weight,
                  float *output_bias);
    void (*set_loss)(TrainerState *, const LossSpec *);
    void (*restart_output)(TrainerState *, const float *output_weight, const float *output_bias);
    /* `rows` of the embeddings, and their `positions` among the R rows, which `row_weights` are looked up by. */
    double (*train)(TrainerState *, const int64_t *rows, const int64_t *positions, int64_t count, double rate,
                    uint32_t key);
    double (*validate)(const TrainerState *, const int64_t *rows, int64_t count, float *logits);
} Kernel;

extern const Kernel kernel_baseline, kernel_baseline_bfloat16;
#if defined(__x86_64__)
extern const Kernel kernel_avx2, kernel_avx512, kernel_avx512_bfloat16, kernel_amx_bfloat16;
#endif

#endif
