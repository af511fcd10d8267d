/* Training of one head, compiled once for each instruction set; VARIANT names the entry points.

   For a batch of B rows x (B, D) with labels y and loss weights w (B, C), s = 1 / (1 - dropout), and the number of loss
   terms n = B C by the sigmoid link, n = B by softmax:

       h = s relu(x W1' + b1) keeps        (B, W)
       l = h W2' + b2                      (B, C)    logits
       g = d sum(w loss(l, y)) / d l / n   (B, C)    of binary cross-entropy w (sigmoid(l) - y) / n; see loss.h
       dW2 = g' h,  db2 = sum g
       dz = s g W2 where h > 0             (B, W)
       dW1 = dz' x, db1 = sum dz

   A linear head has l = x W' + b, dW = g' x, db = sum g.

   A tile of a weight's gradient goes to the optimiser while it is in cache, and never stored. Rows of padding (columns of W
   and C up to a whole panel) are zero and stay so: their gradients are zero. */

#include "nearby.h"

/* Treat numbers below 1e-38 as zero while training: moments of units that no row reaches decay into them, and some
   processors take a hundred times as long for each. */
static unsigned flush_subnormals(void) {
#if defined(__x86_64__)
    const unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040);
    return before;
#else
    return 0;
#endif
}

static void restore_subnormals(unsigned before) {
#if defined(__x86_64__)
    _mm_setcsr(before);
#else
    (void)before;
#endif
}

static int64_t memory_floats(int64_t inputs, int64_t width, int64_t classes, int64_t batch, int64_t is_sharpness_aware) {
    return layout(inputs, width, classes, batch, is_sharpness_aware, NULL).total;
}

/* Copy a weight (width, n) into panels, (width / PANEL, n, PANEL). */
static void load_hidden(const TrainerState *state, const Layout *at, const float *weight, const float *bias) {
    const int64_t D = state->inputs, W = state->width;
    for (int64_t j = 0; j < W; j++) {
        float *to = at->hidden_weight.value + j / PANEL * PANEL * D + j % PANEL;
        for (int64_t d = 0; d < D; d++) to[d * PANEL] = weight[j * D + d];
    }
    memcpy(at->hidden_bias.value, bias, (size_t)W * sizeof(float));
}

/* Copy a weight (C, F) into panels, (F / PANEL, C, PANEL), and make operands of all weights. */
static void load_output(const TrainerState *state, const Layout *at, const float *weight, const float *bias) {
    const int64_t F = fan_in(state), C = state->classes;
    for (int64_t j = 0; j < F; j++) {
        float *to = at->output_weight.value + j / PANEL * PANEL * C + j % PANEL;
        for (int64_t c = 0; c < C; c++) to[c * PANEL] = weight[c * F + j];
    }
    memcpy(at->output_bias.value, bias, (size_t)C * sizeof(float));
    pack_weights(state, at);
}

static void load(TrainerState *state, const float *hidden_weight, const float *hidden_bias, const float *output_weight,
                 const float *output_bias) {
    const Layout at = layout_of(state);
    if (state->width) load_hidden(state, &at, hidden_weight, hidden_bias);
    load_output(state, &at, output_weight, output_bias);
    fill_tables(&at.plain, &(LossSpec){0}, state->classes);
}

static void store(const TrainerState *state, float *hidden_weight, float *hidden_bias, float *output_weight,
                  float *output_bias) {
    const int64_t D = state->inputs, W = state->width, F = fan_in(state), C = state->classes;
    const Layout at = layout_of(state);
    for (int64_t j = 0; j < W; j++) {
        const float *from = at.hidden_weight.value + j / PANEL * PANEL * D + j % PANEL;
        for (int64_t d = 0; d < D; d++) hidden_weight[j * D + d] = from[d * PANEL];
    }
    for (int64_t j = 0; j < F; j++) {
        const float *from = at.output_weight.value + j / PANEL * PANEL * C + j % PANEL;
        for (int64_t c = 0; c < C; c++) output_weight[c * F + j] = from[c * PANEL];
    }
    if (W) memcpy(hidden_bias, at.hidden_bias.value, (size_t)W * sizeof(float));
    memcpy(output_bias, at.output_bias.value, (size_t)C * sizeof(float));
}

/* Take the loss of a stage; its tables are copied. */
static void set_loss(TrainerState *state, const LossSpec *loss) {
    const Layout at = layout_of(state);
    state->loss_features = features_of(loss);
    fill_tables(&at.loss, loss, state->classes);
}

/* Give the output layer new weights and start the optimiser afresh. */
static void restart_output(TrainerState *state, const float *output_weight, const float *output_bias) {
    const Layout at = layout_of(state);
    const Weight weights[] = {at.hidden_weight, at.hidden_bias, at.output_weight, at.output_bias};
    for (int i = 0; i < 4; i++)
        memset(weights[i].value + weights[i].moment_stride, 0, (size_t)(2 * weights[i].moment_stride) * sizeof(float));
    state->beta1_power = state->beta2_power = 1;
    load_output(state, &at, output_weight, output_bias);
}

/* How many terms of a row the mean is taken over: all classes by sigmoid, the row's one by softmax. */
static int64_t terms_per_row(const TrainerState *state) { return state->is_softmax ? 1 : state->classes; }

/* The loss of a training batch whose logits are made; they become its gradient. */
static double training_loss(const TrainerState *state, const Layout *at, Batch batch) {
    const int per_term = state->row_weight_columns > 1;
    const int64_t features = state->loss_features | (per_term ? PER_TERM : 0);
    const float mean = (float)(1.0 / (double)(batch.count * terms_per_row(state)));
    if (per_term) fetch_term_weights(state, at, batch);
    fetch_row_weights(state, at, batch);
    return loss_and_gradient(at, &at->loss, state->is_softmax, features, state->classes, batch.count, mean);
}

static Batch batch_at(const int64_t *rows, const int64_t *positions, int64_t first, int64_t count, int64_t most) {
    return (Batch){rows + first, positions ? positions + first : NULL, minimum(most, count - first)};
}

/* The loss of a fetched batch, whose draws begin at `first`; logits become its gradient. */
static double forward(TrainerState *state, const Layout *at, int64_t first, Batch batch, uint32_t key) {
    if (state->width) hidden(state, at, batch.count);
    if (state->width) relu_dropout(state, at, first, batch.count, key);
    logits(state, at, batch.count);
    return training_loss(state, at, batch);
}

/* Train on `count` draws of rows, in this order, and return the sum over rows of their mean loss. */
static double train(TrainerState *state, const int64_t *rows, const int64_t *positions, int64_t count, double rate,
                    uint32_t key) {
    const Layout at = layout_of(state);
    const unsigned before = flush_subnormals();
    double total = 0;
    begin_products();
    for (int64_t first = 0; first < count; first += state->batch) {
        const Batch batch = batch_at(rows, positions, first, count, state->batch);
        fetch(state, &at, batch);
        total += forward(state, &at, first, batch, key);
        if (state->radius > 0) {
            backward(state, &at, batch.count, (Step){.algorithm = KEEP}, (Batch){0});
            move_nearby(state, &at);
            forward(state, &at, first, batch, key);
        }
        const Batch next = batch_at(rows, NULL, first + batch.count, count, state->batch);
        backward(state, &at, batch.count, next_step(state, rate), next);
    }
    end_products();
    restore_subnormals(before);
    return total / (double)terms_per_row(state);
}

static void copy_logits(const TrainerState *state, const Layout *at, int64_t count, float *to) {
    const int64_t C = state->classes;
    for (int64_t i = 0; i < count; i++)
        memcpy(to + i * C, at->g.value + i * at->g.stride, (size_t)C * sizeof(float));
}

/* Return the sum over rows of their mean plain loss of the link, without dropout; write the logits, (count, C), where
   they are wanted. */
static double validate(const TrainerState *state, const int64_t *rows, int64_t count, float *to_logits) {
    const Layout at = layout_of(state);
    const unsigned before = flush_subnormals();
    const int64_t most = state->batch > MIN_VALIDATION_ROWS ? state->batch : MIN_VALIDATION_ROWS;
    double total = 0;
    begin_products();
    for (int64_t first = 0; first < count; first += most) {
        const Batch batch = batch_at(rows, NULL, first, count, most);
        fetch(state, &at, batch);
        if (state->width) hidden(state, &at, batch.count);
        if (state->width) relu(state, &at, batch.count);
        logits(state, &at, batch.count);
        if (to_logits) copy_logits(state, &at, batch.count, to_logits + first * state->classes);
        fetch_row_weights(state, &at, batch);
        total += loss_and_gradient(&at, &at.plain, state->is_softmax, 0, state->classes, batch.count, 0);
    }
    end_products();
    restore_subnormals(before);
    return total / (double)terms_per_row(state);
}

const Kernel VARIANT = {memory_floats, load, store, set_loss, restart_output, train, validate};
