"""Tools for a store that no server is using, as sub-commands of `lightningstor-server`, and a self test for any S3.

    command_line   the options of a tool beside those of the server; help; what went wrong, in one line
    opening        index, blobs and threads of a configured store, and a refusal while a server runs
    progress       a counting line on a terminal, silence elsewhere
    fsck           `service.store_check` with a report and an exit status
    salvage        a new index from what can still be read of a damaged one, and a list of what is lost
    selftest       a conformance smoke of any S3 endpoint; `s3_probe` is its client, `selftest_cases` what it asks

Results go to standard output, everything else to standard error. Nothing is made or changed that was not asked for.
"""
