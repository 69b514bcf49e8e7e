/* Affine sampling with bilinear weights. */
#include "data/warp.h"

#include <math.h>

const warp_pose warp_upright = {.scale = 1.0};

/* Source x = xx * column + xy * row + x0, the same for y. */
typedef struct affine {
    float xx, xy, x0, yx, yy, y0;
} affine;

amend_box warp_whole(const amend_image *image)
{
    return (amend_box){0, 0, (double)image->width, (double)image->height};
}

bool warp_must_shrink(amend_box box, size_t size)
{
    return box.width > (double)size || box.height > (double)size;
}

/* In units of the box, around its centre: output (u, v), mirrored, turned and scaled back, then moved. */
static affine compose(amend_box box, const warp_pose *pose, size_t size)
{
    double step = 1.0 / (double)size, first = 0.5 * step - 0.5;
    double c = cos(pose->angle) / pose->scale, s = sin(pose->angle) / pose->scale;
    double mirror = pose->flip ? -1.0 : 1.0;
    double ux = c * mirror, uy = s, vx = -s * mirror, vy = c;
    double u0 = (ux + uy) * first - pose->shift_x + 0.5, v0 = (vx + vy) * first - pose->shift_y + 0.5;
    return (affine){
        .xx = (float)(ux * step * box.width),
        .xy = (float)(uy * step * box.width),
        .x0 = (float)(box.x + u0 * box.width - 0.5),
        .yx = (float)(vx * step * box.height),
        .yy = (float)(vy * step * box.height),
        .y0 = (float)(box.y + v0 * box.height - 0.5),
    };
}

static inline float clamp(float value, float high)
{
    return value < 0.0f ? 0.0f : value > high ? high : value;
}

/* The four neighbours of a place and its weights. */
typedef struct spot {
    const unsigned char *a, *b, *c, *d; /* left upper, right upper, left lower, right lower */
    float fx, fy;
} spot;

static inline spot locate(const amend_image *image, float x, float y)
{
    size_t channels = image->channels, stride = image->width * channels;
    x = clamp(x, (float)(image->width - 1));
    y = clamp(y, (float)(image->height - 1));
    size_t column = (size_t)x, row = (size_t)y;
    size_t right = column + 1 < image->width ? channels : 0, below = row + 1 < image->height ? stride : 0;
    const unsigned char *a = image->pixels + row * stride + column * channels;
    return (spot){a, a + right, a + below, a + below + right, x - (float)column, y - (float)row};
}

static inline float blend(const spot *s, size_t channel)
{
    float upper = (float)s->a[channel] + s->fx * (float)(s->b[channel] - s->a[channel]);
    float lower = (float)s->c[channel] + s->fx * (float)(s->d[channel] - s->c[channel]);
    return upper + s->fy * (lower - upper);
}

static inline void put(const spot *s, size_t from, size_t to, float *out)
{
    if (from == to) {
        for (size_t c = 0; c < to; c++) out[c] = blend(s, c);
    } else if (from == 1) {
        float gray = blend(s, 0);
        for (size_t c = 0; c < to; c++) out[c] = gray;
    } else {
        out[0] = 0.299f * blend(s, 0) + 0.587f * blend(s, 1) + 0.114f * blend(s, 2);
    }
}

void warp_image(const amend_image *image, amend_box box, const warp_pose *pose, size_t size, size_t channels,
                float *out)
{
    affine m = compose(box, pose, size);
    for (size_t row = 0; row < size; row++) {
        float x = m.xy * (float)row + m.x0, y = m.yy * (float)row + m.y0;
        for (size_t column = 0; column < size; column++) {
            spot s = locate(image, x + m.xx * (float)column, y + m.yx * (float)column);
            put(&s, image->channels, channels, out);
            out += channels;
        }
    }
}

void warp_normalise(float *values, size_t pixels, size_t channels, const data_normal *normal)
{
    float factor[3], offset[3];
    for (size_t c = 0; c < channels; c++) {
        factor[c] = 1.0f / (255.0f * normal->deviation[c]);
        offset[c] = -normal->mean[c] / normal->deviation[c];
    }
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < channels; c++)
            values[i * channels + c] = values[i * channels + c] * factor[c] + offset[c];
}
