/* amend data: what a data set holds and what is wrong with it. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/cli.h"
#include "data/survey.h"

static const char *const split_names[DATA_SPLITS] = {"train", "valid", "test"};

typedef struct arguments {
    data_options data;
    bool json;
} arguments;

static int read_arguments(int argc, char **argv, arguments *a)
{
    static const struct option options[] = {
        {"layout", required_argument, NULL, 'l'},
        {"rule", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    int option;
    a->data = data_options_defaults(NULL);
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == '?') return cli_usage(&cli_data, "cannot use '%s'", argv[optind - 1]);
        if (option == 'l') a->data.layout = optarg;
        if (option == 'j') a->json = true;
        if (option != 'r') continue;
        if (!strcmp(optarg, "majority"))
            a->data.rule = DATA_MAJORITY;
        else if (strcmp(optarg, "plurality"))
            return cli_usage(&cli_data, "no rule '%s'; there are plurality and majority", optarg);
    }
    if (optind == argc) return cli_usage(&cli_data, "DIR is missing");
    if (optind + 1 < argc) return cli_usage(&cli_data, "one DIR at a time, not also '%s'", argv[optind + 1]);
    a->data.path = argv[optind];
    return CLI_DONE;
}

static void print_table(const survey *s)
{
    printf("%-16s", "class");
    for (int split = 0; split < DATA_SPLITS; split++) printf(" %9s", split_names[split]);
    printf("\n");
    for (size_t c = 0; c < s->classes; c++) {
        printf("%-16s", s->labels[c]);
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
    printf("bad rows: %zu\n", s->bad);
    for (size_t i = 0; i < s->bad && i < SURVEY_BAD_SHOWN; i++) printf("  %s\n", s->bad_rows[i]);
    if (s->bad > SURVEY_BAD_SHOWN) printf("  and %zu more\n", s->bad - SURVEY_BAD_SHOWN);
}

/* A file's name need not be UTF-8; what is not becomes '?'. */
static json_t *json_text(const char *text)
{
    json_t *string = json_string(text);
    char plain[AMEND_MESSAGE_SIZE];
    if (string) return string;
    snprintf(plain, sizeof plain, "%s", text);
    for (char *p = plain; *p; p++)
        if ((unsigned char)*p > 126) *p = '?';
    return json_string(plain);
}

static json_t *split_to_json(const survey *s, size_t split)
{
    json_t *classes = json_object();
    for (size_t c = 0; c < s->classes; c++)
        json_object_set_new(classes, s->labels[c], json_integer((json_int_t)s->counts[split * s->classes + c]));
    return json_pack("{s:I, s:o}", "count", (json_int_t)s->totals[split], "classes", classes);
}

static json_t *bad_to_json(const survey *s)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < s->bad && i < SURVEY_BAD_SHOWN; i++) json_array_append_new(rows, json_text(s->bad_rows[i]));
    return json_pack("{s:I, s:o}", "count", (json_int_t)s->bad, "first", rows);
}

static json_t *survey_to_json(const survey *s)
{
    json_t *labels = json_array(), *splits = json_object();
    for (size_t c = 0; c < s->classes; c++) json_array_append_new(labels, json_text(s->labels[c]));
    for (size_t split = 0; split < DATA_SPLITS; split++)
        json_object_set_new(splits, split_names[split], split_to_json(s, split));
    return json_pack("{s:i, s:s, s:o, s:o, s:{s:[II], s:[II]}, s:{s:I, s:I, s:I}, s:o}", "schema", 1, "layout",
                     s->layout, "labels", labels, "splits", splits, "size", "width", (json_int_t)s->width_low,
                     (json_int_t)s->width_high, "height", (json_int_t)s->height_low, (json_int_t)s->height_high,
                     "copies", "count", (json_int_t)s->copies, "other_label", (json_int_t)s->copies_other_label,
                     "other_split", (json_int_t)s->copies_other_split, "bad", bad_to_json(s));
}

static amend_status print_json(const survey *s)
{
    json_t *root = survey_to_json(s);
    if (!root) return status_error(AMEND_NO_MEMORY, "the survey as JSON: out of memory");
    int failed = json_dumpf(root, stdout, JSON_INDENT(2));
    json_decref(root);
    putchar('\n');
    return failed ? status_error(AMEND_IO, "standard output: cannot write the JSON") : status_ok();
}

static int run_data(int argc, char **argv)
{
    arguments a = {0};
    survey s = {0};
    amend_status st;
    int usage = read_arguments(argc, argv, &a);
    if (usage != CLI_DONE) return usage;
    st = survey_make(&a.data, &s);
    if (st.code) return cli_fail(st);
    if (a.json)
        st = print_json(&s);
    else
        print_text(&s);
    if (!st.code && s.bad)
        st = status_error(AMEND_BAD_DATA, "%s: %zu bad rows, listed above; training refuses them", a.data.path, s.bad);
    survey_free(&s);
    return st.code ? cli_fail(st) : CLI_DONE;
}

const cli_command cli_data = {
    .name = "data",
    .run = run_data,
    .summary = "what is in a data set: splits, classes, copies, bad rows",
    .help = "Usage: amend data DIR [--layout NAME] [--rule plurality|majority] [--json]\n"
            "Counts the images of every split and class, finds exact copies and lists bad rows.\n"
            "Exit status 1 when a row is bad.\n\n"
            "  DIR            the data set's folder, or its CSV\n"
            "  --layout NAME  fer2013, ferplus, rafdb or folder; without it, what is there decides\n"
            "  --rule RULE    ferplus: plurality (most votes; the default) or majority (over half of them)\n"
            "  --json         JSON on standard output\n\n"
            "Examples:\n"
            "  amend data ~/data/rafdb/basic\n"
            "  amend data ~/data/fer --layout ferplus --rule majority\n"
            "  amend data faces --json | jq .splits.train.count\n",
};
