/* Sharpness-aware minimisation: the gradient is taken where the loss is larger, a small distance away. */

#ifndef TAILPROBE_NEARBY_H
#define TAILPROBE_NEARBY_H

#include "backward.h"

/* A weight that is trained, and how many numbers it has; padding is zero. */
typedef struct {
    Weight weight;
    int64_t count;
} Trained;

static int list_trained(const TrainerState *state, const Layout *at, Trained list[4]) {
    const int64_t w = round_up(state->width, PANEL), c = round_up(state->classes, PANEL);
    int n = 0;
    list[n++] = (Trained){at->output_weight, state->classes * round_up(fan_in(state), PANEL)};
    list[n++] = (Trained){at->output_bias, c};
    if (!trains_hidden(state)) return n;
    list[n++] = (Trained){at->hidden_weight, state->inputs * w};
    list[n++] = (Trained){at->hidden_bias, w};
    return n;
}

static double squared_length(const float *of, int64_t count) {
    vector sum = broadcast(0);
    for (int64_t j = 0; j < count; j += LANES) sum += *(const vector *)(of + j) * *(const vector *)(of + j);
    return (double)lane_sum(sum);
}

/* Add `by` times the kept gradient to a weight, and keep in its place the weight as it was. */
static void move(Trained of, float by) {
    float *const value = of.weight.value, *const kept = value + NEARBY * of.weight.moment_stride;
    for (int64_t j = 0; j < of.count; j += LANES) {
        const vector before = *(vector *)(value + j);
        *(vector *)(value + j) = before + by * *(vector *)(kept + j);
        *(vector *)(kept + j) = before;
    }
}

/* Move all weights that are trained by the radius along the kept gradient; a gradient of zero moves nothing. */
static void move_nearby(const TrainerState *state, const Layout *at) {
    Trained trained[4];
    const int n = list_trained(state, at, trained);
    double squares = 0;
    for (int i = 0; i < n; i++)
        squares += squared_length(trained[i].weight.value + NEARBY * trained[i].weight.moment_stride, trained[i].count);
    const double length = sqrt(squares);
    for (int i = 0; i < n; i++) move(trained[i], length == 0 ? 0.0f : (float)(state->radius / length));
    pack_weights(state, at);
}

#endif
