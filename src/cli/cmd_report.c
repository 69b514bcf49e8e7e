/* amend report */
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/data_args.h"
#include "cli/output.h"
#include "report/run_page.h"

/* No file of the run is the page. */
static amend_status check_kept(const run_page_request *request)
{
    static const char *const own[] = {"checkpoint.safetensors", "curves.png", "log.csv",
                                      "model.safetensors",      "recipe.ini", "run.txt"};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        char *path = NULL;
        TRY(file_join(request->folder, own[i], &path));
        bool same = file_is_same(request->out, path);
        mem_free(path);
        if (same) return cli_would_replace(request->out, "--out", "run's file", "one");
    }
    return status_ok();
}

static amend_status write_report(run_page_request *request)
{
    char *beside = NULL;
    if (!request->out) TRY(file_join(request->folder, "report.html", &beside));
    if (beside) request->out = beside;
    amend_status status = file_is_folder(request->folder) ? file_check_place(request->out) : status_ok();
    if (!status.code) status = check_kept(request);
    if (!status.code) status = run_page_write(request); /* it says what is wrong with a folder that is none */
    if (!status.code) fprintf(stderr, "the report is %s\n", request->out);
    mem_free(beside);
    return status;
}

static int run(int argc, char **argv)
{
    const char *split = "test";
    run_page_request request = {0};
    int operands = 0;
    const cli_option options[] = {
        {"--data", &request.data, NULL}, {"--split", &split, NULL}, {"--out", &request.out, NULL}};
    int result = cli_parse(&cli_report, argc, argv, options, sizeof options / sizeof *options, &operands);
    if (!result) result = cli_no_more(&cli_report, argv, operands, 1);
    if (result) return result;
    if (!operands) return cli_usage(&cli_report, "one folder of a run is needed");
    result = cli_split_read(&cli_report, split, &request.split);
    if (!result) result = cli_check_output(&cli_report, "--out", request.out, CLI_OUTPUT_FILE);
    if (result) return result;
    request.folder = argv[0];
    amend_status status = write_report(&request);
    return status.code ? cli_fail(status) : CLI_DONE;
}

const cli_command cli_report = {
    "report", run, "write a run as one HTML page",
    "Usage: amend report RUN [--data DIR] [--split S] [--out FILE.html]\n"
    "Writes what a folder of `amend train` holds as one page that needs no other file and no network: protocol, "
    "machine,\n"
    "curves, recipe and the paper's figures. With --data also the trained model's figures: confusion, classes,\n"
    "calibration, and the images that it got most wrong, with what spoke for it.\n\n"
    "  --data DIR   measure the model on this data set, read as the run's recipe says\n"
    "  --split S    train, valid or test (default test)\n"
    "  --out FILE   the page; RUN/report.html if left out\n\n"
    "Example:\n"
    "  amend report runs/synth --data drawn\n"};
