/* The loss of learners/loss.py and its gradient, from logits in place. The mathematics is in training/loss.py. */

#ifndef TAILPROBE_LOSS_H
#define TAILPROBE_LOSS_H

#include "layout.h"

/* What a loss has beside weights by class and rows; each combination is compiled by itself, and chosen once a batch. */
enum { AFFINE = 1, FOCAL = 2, CLIPPED = 4, PER_TERM = 8, SMOOTHED = 16 };   /* SMOOTHED has no FOCAL beside it */

static const float ABSENT = -1e30f;   /* shift of the classes of padding: softmax gives them no probability */

static void fill_table(float *const table[2], const float *from, float neutral, float padding, int64_t classes) {
    for (int label = 0; label < 2; label++)
        for (int64_t c = 0; c < round_up(classes, PANEL); c++)
            table[label][c] = c >= classes ? padding : from ? from[label * classes + c] : neutral;
}

static void fill_tables(const LossTables *to, const LossSpec *from, int64_t classes) {
    fill_table(to->weight, from->weight, 1, 0, classes);
    fill_table(to->scale, from->scale, 1, 1, classes);
    fill_table(to->shift, from->shift, 0, ABSENT, classes);
    fill_table(to->gamma, from->gamma, 0, 0, classes);
    fill_table(to->clip, from->clip, 0, 0, classes);
    fill_table(to->smoothing, from->smoothing, 0, 0, classes);
}

static int64_t features_of(const LossSpec *of) {
    const int64_t affine = of->scale || of->shift ? AFFINE : 0, focal = of->gamma ? FOCAL : 0;
    if (of->smoothing) return affine | SMOOTHED;
    return of->clip ? AFFINE | FOCAL | CLIPPED : affine | focal;
}

/* The entries of a table for the labels of some terms. */
INLINE vector by_label(float *const table[2], integers positive, int64_t c) {
    return blend(positive, *(const vector *)(table[1] + c), *(const vector *)(table[0] + c));
}

/* Targets by the sigmoid link: a share of each label is spread over both outcomes. */
INLINE vector smoothed_labels(const LossTables *of, vector y, int64_t c) {
    const vector share = by_label(of->smoothing, y > broadcast(0), c);
    return y + share * (0.5f - y);
}

/* Multiply a term by q^gamma and return the size of its slope, q = sigmoid(-m) the probability given to the wrong side,
   m = u where y, else -u. term = softplus(-m), so log q = -(term + m). */
INLINE vector focal_term(vector gamma, vector m, vector q, vector *term) {
    const vector factor = exp_negative(-gamma * (*term + m));
    const vector slope = factor * (gamma * (1.0f - q) * *term + q);
    *term *= factor;
    return slope;
}

/* The same for r = max(q - clip, 0) in the place of q: the term becomes r^gamma (-log(1 - r)). */
INLINE vector clipped_term(vector gamma, vector clip, vector q, vector *term) {
    const vector difference = q - clip, r = blend(difference > broadcast(1e-30f), difference, broadcast(1e-30f));
    const vector right = 1.0f - r, nll = -log_positive(right), power = exp_negative(gamma * log_positive(r));
    const vector slope = q * (1.0f - q) * power * (gamma * nll / r + 1.0f / right);
    *term = power * nll;
    return blend(difference > broadcast(0), slope, broadcast(0));
}

/* Return sum(w loss(u, y)), u = scale l + shift, w = weight[y] row weight, and replace the logits l by
   w d loss / d l * mean, mean = 1 / number of terms.

   bce(u, y) = max(u, 0) - u y + log(1 + e), sigmoid(u) = (1 where u >= 0, else e) / (1 + e), e = exp(-|u|). */
INLINE double sigmoid_loss(const int features, const Layout *at, const LossTables *of, int64_t classes, int64_t count,
                           float mean) {
    double total = 0;
    for (int64_t i = 0; i < count; i++) {
        vector sum = broadcast(0);
        const float row_weight = at->row_weights[i];
        for (int64_t c = 0; c < classes; c += LANES) {
            const int64_t place = i * at->g.stride + c;
            vector *const g = (vector *)(at->g.value + place);
            const vector y = *(const vector *)(at->y + place);
            const integers positive = y > broadcast(0);
            const vector scale = by_label(of->scale, positive, c);
            vector u = *g, w = by_label(of->weight, positive, c);
            if (features & AFFINE) u = u * scale + by_label(of->shift, positive, c);
            if (features & PER_TERM)
                w *= *(const vector *)(at->term_weights + place);
            else
                w *= row_weight;
            const vector target = features & SMOOTHED ? smoothed_labels(of, y, c) : y;
            const vector e = exp_negative(-absolute(u));
            const vector top = blend(u >= broadcast(0), broadcast(1), e);
            vector term = blend(u > broadcast(0), u, broadcast(0)) - u * target + log_one_plus(e);
            vector slope = top / (e + 1.0f) - target;
            if (features & FOCAL) {
                const vector gamma = by_label(of->gamma, positive, c), clip = by_label(of->clip, positive, c);
                const vector q = absolute(slope);
                vector clipped = broadcast(0), size = focal_term(gamma, blend(positive, u, -u), q, &term);
                if (features & CLIPPED) {
                    const vector clipped_size = clipped_term(gamma, clip, q, &clipped);
                    size = blend(clip > broadcast(0), clipped_size, size);
                    term = blend(clip > broadcast(0), clipped, term);
                }
                slope = blend(positive, -size, size);
            }
            sum += w * term;
            *g = w * slope * mean;
            if (features & AFFINE) *g *= scale;
        }
        for (int j = 0; j < LANES; j++) total += sum[j];
    }
    return total;
}

/* Targets of a row by the softmax link: a share of its label is spread over all classes. Those of padding, which have
   the shift ABSENT, get nothing. */
INLINE vector smoothed_class(const LossTables *of, vector y, int64_t c, float share, int64_t classes) {
    const vector even = broadcast(share / (float)classes), shift = *(const vector *)(of->shift[0] + c);
    return y * (1.0f - share) + blend(shift > broadcast(ABSENT), even, broadcast(0));
}

/* The mean of u - max u over a row's smoothed targets, which sum to 1. */
static float smoothed_numerator(const LossTables *of, const float *u, float largest, int32_t target, int64_t classes) {
    const float share = of->smoothing[1][target];
    float sum = 0;
    for (int64_t c = 0; c < classes; c++) sum += u[c] - largest;
    return (1.0f - share) * (u[target] - largest) + share * sum / (float)classes;
}

/* Replace the logits by e_c = exp(u_c - max u), u = scale l + shift, and keep by row their sum and, of its class t,
   u_t - max u (or its mean over smoothed targets), the weight and gamma. */
INLINE void softmax_numerators(const int features, const Layout *at, const LossTables *of, int64_t classes,
                               int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        float *const g = at->g.value + i * at->g.stride;
        const float *const y = at->y + i * at->g.stride;
        const int32_t target = at->target[i];
        vector most = broadcast(ABSENT), sum = broadcast(0);
        for (int64_t c = 0; c < classes; c += LANES) {
            const integers positive = *(const vector *)(y + c) > broadcast(0);
            vector *const u = (vector *)(g + c);
            if (features & AFFINE)
                *u = *u * by_label(of->scale, positive, c) + by_label(of->shift, positive, c);
            else
                *u += *(const vector *)(of->shift[0] + c);
            most = blend(*u > most, *u, most);
        }
        const float largest = lane_maximum(most);
        const float factor = features & PER_TERM ? at->term_weights[i * at->g.stride + target] : at->row_weights[i];
        at->log_numerator[i] = g[target] - largest;
        if (features & SMOOTHED) at->log_numerator[i] = smoothed_numerator(of, g, largest, target, classes);
        at->target_weight[i] = of->weight[1][target] * factor * y[target];
        at->target_gamma[i] = of->gamma[1][target];
        for (int64_t c = 0; c < classes; c += LANES) {
            vector *const u = (vector *)(g + c);
            *u = exp_negative(*u - largest);
            sum += *u;
        }
        at->sum[i] = lane_sum(sum);
    }
}

/* 1 - exp(x) for x <= 0, exact to the last digits near 0 too. */
INLINE vector one_minus_exp(vector x) {
    const vector series = -x * (1.0f + x * (0.5f + x * (1.0f / 6)));
    return blend(x > broadcast(-0.01f), series, 1.0f - exp_negative(x));
}

/* Multiply terms, -log p, by (1 - p)^gamma and return d term / d log p over that of the plain one. */
INLINE vector focal_softmax(vector gamma, vector log_p, vector *term) {
    const vector wrong = one_minus_exp(log_p), safe = blend(wrong > broadcast(1e-30f), wrong, broadcast(1e-30f));
    const vector factor = exp_negative(gamma * log_positive(safe));
    *term *= factor;
    return factor - gamma * (1.0f - wrong) * factor / safe * log_p;
}

/* Return sum(w term) over the rows' classes; leave in `target_weight` w times the slope times the mean, in `sum` its
   inverse. */
static double softmax_terms(const int64_t features, const Layout *at, int64_t count, float mean) {
    double total = 0;
    for (int64_t i = count; i < round_up(count, LANES); i++) {
        at->log_numerator[i] = at->target_weight[i] = at->target_gamma[i] = 0;
        at->sum[i] = 1;
    }
    for (int64_t i = 0; i < count; i += LANES) {
        vector *const sum = (vector *)(at->sum + i), *const w = (vector *)(at->target_weight + i);
        const vector log_p = *(const vector *)(at->log_numerator + i) - log_positive(*sum);
        vector term = -log_p, slope = broadcast(1);
        if (features & FOCAL) slope = focal_softmax(*(const vector *)(at->target_gamma + i), log_p, &term);
        const vector weighted = *w * term;
        for (int j = 0; j < LANES; j++) total += weighted[j];
        *w *= slope * mean;
        *sum = 1.0f / *sum;
    }
    return total;
}

/* The same as `sigmoid_loss` by the softmax link: d term / d l_c = scale_c (p_c - y_c) d term / d log p; y_c may be
   smoothed. */
INLINE double softmax_loss(const int features, const Layout *at, const LossTables *of, int64_t classes, int64_t count,
                           float mean) {
    softmax_numerators(features, at, of, classes, count);
    const double total = softmax_terms(features, at, count, mean);
    for (int64_t i = 0; i < count; i++) {
        const float inverse = at->sum[i], factor = at->target_weight[i], share = of->smoothing[1][at->target[i]];
        for (int64_t c = 0; c < classes; c += LANES) {
            const int64_t place = i * at->g.stride + c;
            const vector y = *(const vector *)(at->y + place);
            vector *const g = (vector *)(at->g.value + place);
            const vector target = features & SMOOTHED ? smoothed_class(of, y, c, share, classes) : y;
            *g = (*g * inverse - target) * factor;
            if (features & AFFINE) *g *= by_label(of->scale, y > broadcast(0), c);
        }
    }
    return total;
}

#define CASE(link, features) \
    case features: return link(features, at, of, classes, count, mean); \
    case features | PER_TERM: return link(features | PER_TERM, at, of, classes, count, mean)

static double loss_and_gradient(const Layout *at, const LossTables *of, int64_t is_softmax, int64_t features,
                                int64_t classes, int64_t count, float mean) {
    if (is_softmax)
        switch (features) {
            CASE(softmax_loss, 0);
            CASE(softmax_loss, AFFINE);
            CASE(softmax_loss, FOCAL);
            CASE(softmax_loss, AFFINE | FOCAL);
            CASE(softmax_loss, SMOOTHED);
            CASE(softmax_loss, AFFINE | SMOOTHED);
        }
    switch (features) {
        CASE(sigmoid_loss, 0);
        CASE(sigmoid_loss, AFFINE);
        CASE(sigmoid_loss, FOCAL);
        CASE(sigmoid_loss, AFFINE | FOCAL);
        CASE(sigmoid_loss, AFFINE | FOCAL | CLIPPED);
        CASE(sigmoid_loss, SMOOTHED);
        CASE(sigmoid_loss, AFFINE | SMOOTHED);
    }
    return NAN;
}

#endif
