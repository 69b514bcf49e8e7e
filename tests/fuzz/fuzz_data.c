/* Lists of data sets: the first byte says which one the rest is: (f)er2013.csv, (p) fer2013new.csv of FER+,
 * (a) AffectNet's training.csv, (r) RAF-DB's list. What they name lies beside them. */
#include "data/dataset_internal.h"
#include "target.h"

enum { PIXELS = 48 * 48 };

static void make_folder(const char *name)
{
    char command[400];
    snprintf(command, sizeof command, "mkdir -p '%s'", target_path(name));
    must(!system(command), "a folder can be made");
}

static void make_image(const char *name)
{
    amend_image image;
    must(!image_create(&image, 6, 4, 1).code, "an image in memory");
    must(!image_write_png(target_path(name), &image).code, "an image can be written");
    amend_image_free(&image);
}

/* Three rows of fer2013.csv, the images of FER+. */
static void make_rows(void)
{
    FILE *stream = fopen(target_path("p/fer2013.csv"), "w");
    must(stream, "a file can be written");
    fputs("emotion,pixels,Usage\n", stream);
    for (int row = 0; row < 3; row++) {
        fputs("0,", stream);
        for (int i = 0; i < PIXELS; i++) fputs("7 ", stream);
        fputs(row < 2 ? ",Training\n" : ",PublicTest\n", stream);
    }
    must(!fclose(stream), "a file can be written");
}

static void make_sets(void)
{
    static const char *const folders[] = {"f", "p", "a/Manually_Annotated_Images/1", "r/EmoLabel", "r/Image/aligned"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) make_folder(folders[i]);
    make_image("a/Manually_Annotated_Images/1/a.png");
    make_image("r/Image/aligned/train_1_aligned.jpg");
    make_image("r/Image/aligned/test_1_aligned.jpg");
    make_rows();
}

static amend_status skip_row(void *context, const char *message)
{
    (void)context;
    return message ? status_ok() : status_error(AMEND_INTERNAL, "no message");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct {
        char letter;
        const char *layout, *folder, *file;
    } sets[] = {{'f', "fer2013", "f", "f/fer2013.csv"},
                {'p', "ferplus", "p", "p/fer2013new.csv"},
                {'a', "affectnet", "a", "a/training.csv"},
                {'r', "rafdb", "r", "r/EmoLabel/list_patition_label.txt"}};
    static bool made = false;
    if (!made) make_sets();
    made = true;
    for (size_t i = 0; size && i < sizeof sets / sizeof *sets; i++) {
        char folder[256];
        dataset *set;
        const data_bad_sink sink = {.take = skip_row};
        if (bytes[0] != (uint8_t)sets[i].letter) continue;
        target_file(sets[i].file, bytes + 1, size - 1);
        snprintf(folder, sizeof folder, "%s", target_path(sets[i].folder));
        data_options options = data_options_defaults(folder);
        options.layout = sets[i].layout;
        options.soft = size & 1;
        if (worked(dataset_open(&options, &set))) dataset_free(set);
        if (worked(dataset_read(&options, true, &sink, &set))) dataset_free(set);
    }
    return 0;
}
