/* Where the time of one step of the compiled kernel goes; compiled and run by training_profile.py. */

#define VARIANT kernel_profiled
#include "head.c"
#if defined(__AMX_BF16__)
#include "matrix_units.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { INPUTS = 512, BATCH = 64, ROWS = 24287, STEPS = 1500, PARTS = 10 };

static const char *const NAMES[PARTS] = {
    "gather rows", "hidden units", "dropout, ReLU", "logits", "loss and its gradient", "hidden gradient",
    "output weights, Adam", "output bias, transpose", "hidden weights, Adam", "hidden bias"};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static float uniform(void) { return (float)rand() / (float)RAND_MAX - 0.5f; }

static float *numbers(int64_t count, float scale) {
    float *made = aligned_alloc(64, (size_t)round_up(count, 16) * sizeof(float));
    for (int64_t i = 0; i < count; i++) made[i] = scale * uniform();
    return made;
}

static void step(TrainerState *state, const Layout *at, int64_t first, Batch batch, Batch next, double *took) {
    const int64_t w = round_up(state->width, PANEL), c = round_up(state->classes, PANEL);
    const Step by = {.algorithm = ADAM, .rate = 1e-3f, .root_scale = 1.0f};
    double times[PARTS + 1];
    int k = 0;
    times[k++] = now(); fetch(state, at, batch);
    times[k++] = now(); hidden(state, at, BATCH);
    times[k++] = now(); relu_dropout(state, at, first, BATCH, 1);
    times[k++] = now(); logits(state, at, BATCH);
    times[k++] = now(); training_loss(state, at, batch);
    times[k++] = now(); hidden_gradient(state, at, BATCH);
    times[k++] = now(); update_output(state, at, BATCH, by);
    times[k++] = now(); update_bias(at->output_bias, &at->g, c, BATCH, by); transpose_output(state, at);
    times[k++] = now(); update_hidden(state, at, BATCH, by, next);
    times[k++] = now(); update_bias(at->hidden_bias, &at->dz, w, BATCH, by);
    times[k] = now();
    for (int i = 0; i < PARTS; i++) took[i] = times[i + 1] - times[i];
}

static int ascending(const void *a, const void *b) {
    return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

int main(int count, char **arguments) {
    const int64_t W = count > 1 ? atoi(arguments[1]) : 128, C = count > 2 ? atoi(arguments[2]) : 17;
    float *x = numbers((int64_t)ROWS * INPUTS, 2);
    uint8_t *y = malloc((size_t)(ROWS * C));
    for (int64_t i = 0; i < ROWS * C; i++) y[i] = uniform() < -0.4f;
    TrainerState state = {.inputs = INPUTS, .width = W, .classes = C, .batch = BATCH, .embeddings = x,
                          .row_stride = INPUTS, .column_stride = 1, .labels = y, .dropout_threshold = 13107,
                          .keep_scale = 1.25, .beta1_power = 1, .beta2_power = 1,
                          .memory = numbers(memory_floats(INPUTS, W, C, BATCH, 0), 0)};
    load(&state, numbers(W * INPUTS, 0.08f), numbers(W, 0.08f), numbers(C * W, 0.17f), numbers(C, 0.17f));
    set_loss(&state, &(LossSpec){0});
    const Layout at = layout_of(&state);
    const unsigned before = flush_subnormals();
#if defined(__AMX_BF16__)
    if (!has_matrix_units()) return 1;
#endif
    begin_products();
    static double took[PARTS][STEPS];
    static int64_t rows[(STEPS + 1) * BATCH];
    for (int i = 0; i < (STEPS + 1) * BATCH; i++) rows[i] = rand() % ROWS;
    for (int s = 0; s < STEPS; s++) {
        double parts[PARTS];
        const int64_t *drawn = rows + s * BATCH;
        step(&state, &at, (int64_t)s * BATCH, (Batch){drawn, NULL, BATCH}, (Batch){drawn + BATCH, NULL, BATCH}, parts);
        for (int i = 0; i < PARTS; i++) took[i][s] = parts[i];
    }
    end_products();
    restore_subnormals(before);
    double total = 0;
    const double first = 2.0 * BATCH * INPUTS * (double)W, second = 2.0 * BATCH * (double)(C * W);
    const double flops[PARTS] = {0, first, 0, second, 0, second, second, 0, first, 0};
    for (int i = 0; i < PARTS; i++) {
        qsort(took[i], STEPS, sizeof(double), ascending);
        const double best = took[i][STEPS / 10];   /* the tenth of steps that were least disturbed ends here */
        total += best;
        printf("| %s | %.1f | ", NAMES[i], best);
        if (flops[i] > 0) printf("%.0f", flops[i] / best * 1e-3);
        printf(" |\n");
    }
    printf("| a step | %.1f | %.0f |\n", total, (2 * first + 3 * second) / total * 1e-3);
}
