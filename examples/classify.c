/* Which expression does the face in an image show?   classify IMAGE [X Y WIDTH HEIGHT]
 * cc classify.c $(pkg-config --cflags --libs amend) */
#include <stdio.h>
#include <stdlib.h>

#include <amend/image.h>
#include <amend/model.h>

int main(int argc, char **argv)
{
    amend_model *model = NULL;
    amend_image image = {0};
    amend_box box = {0};
    float *probabilities = NULL;

    if (argc != 2 && argc != 6) return fputs("usage: classify IMAGE [X Y WIDTH HEIGHT]\n", stderr), 2;
    if (argc == 6) box = (amend_box){atof(argv[2]), atof(argv[3]), atof(argv[4]), atof(argv[5])};

    amend_status status = amend_model_open(NULL, &model); /* NULL: the released model */
    if (!status.code) status = amend_image_open(argv[1], &image);
    if (!status.code) {
        probabilities = calloc(amend_model_classes(model), sizeof *probabilities);
        if (!probabilities) status.code = AMEND_NO_MEMORY;
    }
    if (!status.code) status = amend_model_predict(model, &image, argc == 6 ? &box : NULL, probabilities);

    if (status.code) fprintf(stderr, "classify: %s\n", status.message);
    for (size_t i = 0; !status.code && i < amend_model_classes(model); i++)
        printf("%-10s %.4f\n", amend_model_label(model, i), probabilities[i]);

    free(probabilities);
    amend_image_free(&image);
    amend_model_free(model);
    return status.code ? 1 : 0;
}
