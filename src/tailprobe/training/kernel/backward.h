/* Backward: gradients, each tile of which goes to Adam while it is in cache. */

#ifndef TAILPROBE_BACKWARD_H
#define TAILPROBE_BACKWARD_H

#include <math.h>

#include "adam.h"
#include "forward.h"

/* A weight kept in panels, (width / PANEL, n, PANEL), and as a factor; its gradient is left' (n, B) right (B, width). */
typedef struct {
    Weight weight;
    operand *factor;
    int64_t n;
    const Matrix *left, *right;
    int64_t count;   /* rows of the batch */
} Update;

/* Column i of a matrix and those after it as the rows of a product that adds up along the rows. */
INLINE Operands columns_of(const Matrix *m, int64_t i) {
#if defined(__AMX_BF16__)
    return (Operands){.a = m->upright + i * m->upright_row, .a_row = m->upright_row, .a_k = 1};
#else
    return (Operands){.a = m->down + i, .a_row = 1, .a_k = m->row};
#endif
}

/* Make the rows of `columns_of` of `count` rows that are paired. */
static void stand(const Matrix *m, int64_t count) {
#if defined(__AMX_BF16__)
    const int64_t pairs = (count + 1) / 2, columns = m->row - 16;
    for (int64_t k = pairs; k < held(count); k++) memset(m->down + k * m->row, 0, (size_t)columns * sizeof(operand));
    for (int64_t k = 0; k < held(count); k += 16)
        for (int64_t j = 0; j < columns; j += 16)
            turn_square(m->down + k * m->row + j, m->row, m->upright + j * m->upright_row + k, m->upright_row);
#else
    (void)m, (void)count;
#endif
}

/* Update the panel that begins at column j. */
static void update_panel(Update of, int64_t j, Adam by) {
    float gradient[TILE_ROWS * PANEL] __attribute__((aligned(64)));
    for (int64_t i = 0; i < of.n; i += TILE_ROWS) {
        Operands in = columns_of(of.left, i);
        in.b = of.right->down + j, in.b_k = of.right->row;
        const Part part = {of.weight.value + j * of.n + i * PANEL, of.weight.apart, smaller(TILE_ROWS, of.n - i),
                           of.factor + j * held(of.n) + i / HELD * PANEL, gradient};
        tile_of(part.rows, in, held(of.count), gradient, PANEL, 0);
        update_part(part, by);
    }
}

static void update_output(const Head *head, const Layout *at, int64_t count, Adam by) {
    const Update of = {at->output_weight, at->output_factor, head->classes, &at->g, &at->h, count};
    pair_down(at->h.value, at->h.row, count, at->h.row - 16, at->h.down, at->h.row);
    pair_down(at->g.value, at->g.row, count, at->g.row - 16, at->g.down, at->g.row);
    stand(&at->g, count);
    for (int64_t j = 0; j < round_up(head->width, PANEL); j += PANEL) update_panel(of, j, by);
}

static void update_hidden(const Head *head, const Layout *at, int64_t count, Adam by, Draws next) {
    const Update of = {at->hidden_weight, at->hidden_factor, head->inputs, &at->x, &at->dz, count};
    const int64_t w = round_up(head->width, PANEL);
    pair_down(at->dz.value, at->dz.row, count, at->dz.row - 16, at->dz.down, at->dz.row);
    stand(&at->x, count);
    for (int64_t j = 0; j < w; j += PANEL) {
        const int64_t from = next.count * j / w, to = next.count * (j + PANEL) / w;
        touch(head, (Draws){next.rows + from, to - from});
        update_panel(of, j, by);
    }
}

/* Update a bias by the column sums of its gradient, which the first row then holds. */
static void update_bias(Weight bias, const Matrix *of, int64_t width, int64_t count, Adam by) {
    float *gradient = of->value;
    for (int64_t i = 1; i < count; i++)
        for (int64_t j = 0; j < width; j++) gradient[j] += gradient[i * of->row + j];
    for (int64_t j = 0; j < width; j += LANES) adam(bias.value + j, bias.apart, *(const vector *)(gradient + j), by);
}

/* dz = s g W2 where h > 0 */
static void hidden_gradient(const Head *head, const Layout *at, int64_t count) {
    const int64_t w = round_up(head->width, PANEL);
    const float scale = (float)head->scale;
    const int64_t C = held(head->classes);
    pair_across(at->g.value, at->g.row, count, at->g.row - 16, at->g.across, at->g.across_row);
    for (int64_t j = 0; j < w; j += PANEL) {
        const Operands in = {at->g.across, at->g.across_row, 1, at->output_factor + j * C, PANEL};
        panel_product(count, in, C, at->dz.value + j, at->dz.row, 0);
    }
    for (int64_t i = 0; i < count; i++) {
        const float *restrict h = at->h.value + i * at->h.row;
        float *restrict dz = at->dz.value + i * at->dz.row;
        for (int64_t j = 0; j < w; j++) dz[j] = h[j] <= 0 ? 0.0f : dz[j] * scale;
    }
}

/* Keep the output weights turned, for the logits. */
static void turn(const Head *head, const Layout *at) {
    const int64_t C = head->classes, w = round_up(head->width, PANEL);
    for (int64_t j = 0; j < w; j++) {
        const float *from = at->output_weight.value + j / PANEL * PANEL * C + j % PANEL;
        for (int64_t c = 0; c < C; c++) at->turned[c / PANEL * PANEL * w + j * PANEL + c % PANEL] = from[c * PANEL];
    }
    for (int64_t c = 0; c < round_up(C, PANEL); c += PANEL)
        pair_down(at->turned + c * w, PANEL, w, PANEL, at->turned_factor + c * held(w), PANEL);
}

static void backward(Head *head, const Layout *at, int64_t count, double rate, Draws next) {
    const int64_t w = round_up(head->width, PANEL), c = round_up(head->classes, PANEL);
    head->mean_left *= 0.9;
    head->square_left *= 0.999;
    const Adam by = {(float)(0.1 * rate / (1 - head->mean_left)), (float)sqrt(0.001 / (1 - head->square_left)),
                     (float)head->weight_decay};
    hidden_gradient(head, at, count);
    update_output(head, at, count, by);
    update_bias(at->output_bias, &at->g, c, count, by);
    turn(head, at);
    update_hidden(head, at, count, by, next);
    update_bias(at->hidden_bias, &at->dz, w, count, by);
}

#endif
