/* Rows from text. */
#include "ablate/plan.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/text.h"

/* ---- names ---- */

/* Names go into CSV files, JSON, LaTeX and pictures. */
static amend_status check_name(const char *name)
{
    bool good = *name && !strpbrk(name, ",\"");
    for (const char *c = name; *c && good; c += text_character(c))
        good = text_character(c) && (unsigned char)*c >= ' ' && *c != 127;
    if (good) return status_ok();
    return status_error(AMEND_BAD_ARGUMENT, "row '%.60s': a name is UTF-8 text without commas and quotes", name);
}

/* Letters, digits, '.', '_' and '+' stay, but for a leading '.'; everything else becomes '-'. */
static void name_folder(const char *name, char *folder)
{
    for (size_t i = 0; i <= strlen(name); i++) {
        unsigned char c = (unsigned char)name[i];
        bool safe = !c || (c < 128 && isalnum(c)) || c == '_' || c == '+' || (c == '.' && i);
        folder[i] = safe ? name[i] : '-';
    }
}

static amend_status check_other_rows(const ablate_plan *plan, const ablate_row *row)
{
    for (size_t i = 0; i < plan->count; i++) {
        const ablate_row *other = &plan->rows[i];
        if (!strcmp(other->name, row->name))
            return status_error(AMEND_BAD_ARGUMENT, "row '%s' is given a second time; rename or remove one", row->name);
        if (!strcasecmp(other->folder, row->folder))
            return status_error(AMEND_BAD_ARGUMENT, "rows '%s' and '%s' would share the folder %s; rename one",
                                other->name, row->name, row->folder);
    }
    return status_ok();
}

static size_t trimmed(const char *text, size_t length)
{
    while (length && isspace((unsigned char)text[length - 1])) length--;
    return length;
}

/* "NAME" or "NAME @ SEEDS". */
static amend_status read_name(const char *text, ablate_row *row)
{
    const char *at = strrchr(text, '@');
    size_t length = trimmed(text, at ? (size_t)(at - text) : strlen(text));
    if (length >= ABLATE_NAME)
        return status_error(AMEND_BAD_ARGUMENT, "row '%.60s': the name is longer than %d bytes", text, ABLATE_NAME - 1);
    memcpy(row->name, text, length);
    row->name[length] = '\0';
    TRY(check_name(row->name));
    name_folder(row->name, row->folder);
    if (!at) return status_ok();
    return status_prefix(seeds_parse(at + 1, &row->seeds), "row '%s'", row->name);
}

/* ---- changes ---- */

static amend_status apply_one(const char *assignment, recipe *r)
{
    if (!strncmp(assignment, "train.seed=", 11))
        return status_error(AMEND_BAD_ARGUMENT, "train.seed is set run by run; write 'NAME @ SEEDS = ...'");
    if (!strchr(assignment, '='))
        return status_error(AMEND_BAD_ARGUMENT,
                            "'%.60s' is not of the form section.key=value (without blanks; a name holds no '=' or ':')",
                            assignment);
    return config_set(recipe_keys, recipe_key_count, r, assignment);
}

/* Assignments between blanks. */
static amend_status apply(const ablate_row *row, recipe *r)
{
    char words[ABLATE_CHANGES], *rest = NULL;
    strcpy(words, row->changes);
    for (char *word = strtok_r(words, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
        TRY(status_prefix(apply_one(word, r), "row '%s'", row->name));
    return status_ok();
}

/* ---- the plan ---- */

void plan_start(ablate_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    plan->base = recipe_defaults();
    plan->seeds = (seed_list){{1, 2, 3}, 3};
}

amend_status plan_add(ablate_plan *plan, const char *name, const char *changes)
{
    ablate_row row = {.name = ""};
    recipe scratch = recipe_defaults();
    if (plan->count == ABLATE_ROWS) return status_error(AMEND_BAD_ARGUMENT, "more than %d rows", ABLATE_ROWS);
    TRY(read_name(name, &row));
    if (strlen(changes) >= ABLATE_CHANGES)
        return status_error(AMEND_BAD_ARGUMENT, "row '%s': its changes are too long", row.name);
    strcpy(row.changes, changes);
    TRY(check_other_rows(plan, &row));
    TRY(apply(&row, &scratch)); /* while file and line are known */
    plan->rows[plan->count++] = row;
    return status_ok();
}

static amend_status on_pair(void *user, const char *key, const char *value)
{
    ablate_plan *plan = user;
    if (!strcmp(key, "seeds")) return seeds_parse(value, &plan->seeds);
    return plan_add(plan, key, value);
}

amend_status plan_load(const char *path, ablate_plan *plan)
{
    const config_section rows = {"ablate", on_pair, plan};
    return config_load_with(path, recipe_keys, recipe_key_count, &plan->base, &rows);
}

/* One row of a crossing; words are NULL for what the recipe says. A backbone's file gives its name without folders. */
static amend_status add_crossed(ablate_plan *plan, const char *backbone, const char *head)
{
    char name[2 * ABLATE_CHANGES], changes[3 * ABLATE_CHANGES];
    snprintf(name, sizeof name, "%s%s%s", backbone ? file_base_name(backbone) : "", backbone && head ? " " : "",
             head ? head : "");
    snprintf(changes, sizeof changes, "%s%s%s%s%s", backbone ? "model.backbone=" : "", backbone ? backbone : "",
             backbone && head ? " " : "", head ? "model.head=" : "", head ? head : "");
    return plan_add(plan, name, changes);
}

static amend_status cross_heads(ablate_plan *plan, const char *backbone, const char *heads)
{
    char words[ABLATE_CHANGES], *rest = NULL;
    if (!heads) return add_crossed(plan, backbone, NULL);
    snprintf(words, sizeof words, "%s", heads);
    for (char *head = strtok_r(words, ", ", &rest); head; head = strtok_r(NULL, ", ", &rest))
        TRY(add_crossed(plan, backbone, head));
    return status_ok();
}

amend_status plan_cross(ablate_plan *plan, const char *heads, const char *backbones)
{
    char words[ABLATE_CHANGES], *rest = NULL;
    if ((heads && strlen(heads) >= sizeof words) || (backbones && strlen(backbones) >= sizeof words))
        return status_error(AMEND_BAD_ARGUMENT, "the list of heads or backbones is too long");
    if (!backbones) return cross_heads(plan, NULL, heads);
    snprintf(words, sizeof words, "%s", backbones);
    for (char *backbone = strtok_r(words, ", ", &rest); backbone; backbone = strtok_r(NULL, ", ", &rest))
        TRY(cross_heads(plan, backbone, heads));
    return status_ok();
}

amend_status plan_finish(ablate_plan *plan, const seed_list *seeds)
{
    if (!plan->count)
        return status_error(AMEND_BAD_ARGUMENT,
                            "no rows to compare; write them into the recipe's section [ablate], or give --heads");
    for (size_t i = 0; i < plan->count; i++) {
        ablate_row *row = &plan->rows[i];
        if (seeds) row->seeds = *seeds;
        if (!row->seeds.count) row->seeds = plan->seeds;
        row->recipe = plan->base;
        TRY(apply(row, &row->recipe));
        TRY(status_prefix(recipe_check(&row->recipe), "row '%s'", row->name));
    }
    return status_ok();
}

recipe plan_recipe(const ablate_row *row, size_t seed)
{
    recipe r = row->recipe;
    r.seed = seed;
    recipe_decide(&r);
    return r;
}

size_t plan_runs(const ablate_plan *plan)
{
    size_t runs = 0;
    for (size_t i = 0; i < plan->count; i++) runs += plan->rows[i].seeds.count;
    return runs;
}
