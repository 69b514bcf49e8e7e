/* amend data: what a data set holds and what is wrong with it. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/data_args.h"
#include "cli/output.h"
#include "cli/print.h"
#include "data/survey.h"

static int read_arguments(int argc, char **argv, data_options *data, const char **json)
{
    cli_data_words words = cli_data_defaults();
    const cli_option options[] = {CLI_DATA_OPTIONS(words), {"--json", json, NULL}};
    int operands = 0;
    int bad = cli_parse(&cli_data, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!bad) bad = cli_no_more(&cli_data, argv, operands, 1);
    if (bad) return bad;
    if (!operands) return cli_usage(&cli_data, "DIR is missing");
    bad = cli_data_read(&cli_data, &words, argv[0], data);
    if (!bad) bad = cli_check_output(&cli_data, "--json", *json, CLI_OUTPUT_TEXT);
    return bad ? bad : cli_check_kept("--json", *json, argv[0], "data set");
}

static void print_table(const survey *s)
{
    printf("%-16s", "class");
    for (int split = 0; split < DATA_SPLITS; split++) printf(" %9s", data_split_name(split));
    printf("\n");
    for (size_t c = 0; c < s->classes; c++) {
        cli_print_clean(s->labels[c], 16);
        for (size_t split = 0; split < DATA_SPLITS; split++) printf(" %9zu", s->counts[split * s->classes + c]);
        printf("\n");
    }
    printf("%-16s", "all");
    for (int split = 0; split < DATA_SPLITS; split++) printf(" %9zu", s->totals[split]);
    printf("\n");
}

static void print_text(const survey *s)
{
    printf("layout: %s\n\n", s->layout);
    print_table(s);
    printf("\nsize: width %zu to %zu, height %zu to %zu\n", s->width_low, s->width_high, s->height_low, s->height_high);
    printf("copies: %zu images equal an earlier one; %zu of them under another label, %zu in another split\n",
           s->copies, s->copies_other_label, s->copies_other_split);
    printf("dropped: %zu images whose label is none of the classes\n", s->dropped);
    if (s->left_aside.count)
        printf("left aside: %zu folders beside those of the splits%s\n", s->left_aside.count, s->left_aside.text);
    printf("bad rows: %zu\n", s->bad);
    for (size_t i = 0; i < s->bad && i < SURVEY_BAD_SHOWN; i++) printf("  %s\n", s->bad_rows[i]);
    if (s->bad > SURVEY_BAD_SHOWN) printf("  and %zu more\n", s->bad - SURVEY_BAD_SHOWN);
}

static json_t *split_to_json(const survey *s, size_t split)
{
    json_t *classes = json_object();
    int failures = 0;
    for (size_t c = 0; c < s->classes; c++)
        failures |=
            json_set_text_key(classes, s->labels[c], json_integer((json_int_t)s->counts[split * s->classes + c]));
    return json_pack("{s:I, s:o}", "count", (json_int_t)s->totals[split], "classes", json_finished(classes, failures));
}

static json_t *bad_to_json(const survey *s)
{
    json_t *rows = json_array();
    int failures = 0;
    for (size_t i = 0; i < s->bad && i < SURVEY_BAD_SHOWN; i++)
        failures |= json_array_append_new(rows, json_text(s->bad_rows[i]));
    return json_pack("{s:I, s:o}", "count", (json_int_t)s->bad, "first", json_finished(rows, failures));
}

static json_t *survey_to_json(const survey *s)
{
    json_t *labels = json_array(), *splits = json_object();
    int failures = 0;
    for (size_t c = 0; c < s->classes; c++) failures |= json_array_append_new(labels, json_text(s->labels[c]));
    for (size_t split = 0; split < DATA_SPLITS; split++)
        failures |= json_object_set_new(splits, data_split_name(split), split_to_json(s, split));
    labels = json_finished(labels, failures);
    return json_pack("{s:i, s:s, s:o, s:o, s:{s:[II], s:[II]}, s:{s:I, s:I, s:I}, s:I, s:I, s:o}", "schema", 1,
                     "layout", s->layout, "labels", labels, "splits", splits, "size", "width", (json_int_t)s->width_low,
                     (json_int_t)s->width_high, "height", (json_int_t)s->height_low, (json_int_t)s->height_high,
                     "copies", "count", (json_int_t)s->copies, "other_label", (json_int_t)s->copies_other_label,
                     "other_split", (json_int_t)s->copies_other_split, "dropped", (json_int_t)s->dropped, "left_aside",
                     (json_int_t)s->left_aside.count, "bad", bad_to_json(s));
}

static int run_data(int argc, char **argv)
{
    data_options data;
    const char *json = NULL;
    survey s = {0};
    int bad = read_arguments(argc, argv, &data, &json);
    if (bad) return bad;
    amend_status status = survey_make(&data, &s);
    if (status.code) return cli_fail(status);
    if (!json || strcmp(json, "-")) print_text(&s);
    if (json) status = json_save(survey_to_json(&s), json);
    if (!status.code && s.bad)
        status =
            status_error(AMEND_BAD_DATA, "%s: %zu bad rows, listed above; training refuses them", data.path, s.bad);
    survey_free(&s);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_data = {
    .name = "data",
    .run = run_data,
    .summary = "what is in a data set: splits, classes, copies, bad rows",
    .help = "Usage: amend data DIR [--layout NAME] [--rule plurality|majority] [--classes 7|8] [--json FILE]\n"
            "Counts the images of every split and class, finds exact copies and lists bad rows.\n"
            "Exit status 1 when a row is bad.\n\n"
            "  DIR            the data set's folder, or its CSV\n"
            "  --layout NAME  affectnet, fer2013, ferplus, folder, rafdb or sfew; without it, what is there decides\n"
            "  --rule RULE    ferplus: plurality (most votes; the default) or majority (over half of them)\n"
            "  --classes N    affectnet: 8 (default), or 7 without contempt\n"
            "  --json FILE    also as JSON; - is standard output, without the table\n\n"
            "Examples:\n"
            "  amend data ~/data/rafdb/basic\n"
            "  amend data ~/data/fer --layout ferplus --rule majority\n"
            "  amend data faces --json - | jq .splits.train.count\n",
};
