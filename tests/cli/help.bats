load common

@test "--help lists the commands on stdout and ends with 0" {
    kerb 0 --help
    [[ "$output" == *density* && "$output" == *hotspots* && "$output" == *import* ]]
    [ -z "$stderr" ]
}

@test "every command tells its options" {
    for command in run import areas info density hotspots beats; do
        kerb 0 "$command" --help
        [[ "$output" == *"Usage: kerb $command"* && "$output" == *"--json"* ]]
    done
}

@test "--version is one line" {
    kerb 0 --version
    [[ "$output" == "kerb "[0-9]* ]]
    kerb 0 density --version
    [[ "$output" == "kerb "[0-9]* ]]
}

@test "no command is wrong usage" {
    kerb 2
}

@test "an unknown command is named" {
    kerb 2 frobnicate
    one_line
    says frobnicate
}

@test "a command of a later version is refused by name" {
    kerb 2 report x out.html
    one_line
    says report "not in this version"
}

@test "an unknown option is named" {
    kerb 2 density --bandwith 400m a.csv b.tif
    says "--bandwith"
}

@test "an option of a later version is refused by name, not ignored" {
    kerb 2 density --against other.sqlite a.csv b.tif
    one_line
    says "--against" "not in this version"
}

@test "an option without its value is wrong usage" {
    kerb 2 density a.csv b.tif --cell
    says "--cell" "value"
}

@test "too few operands are wrong usage" {
    kerb 2 density only.csv
    says "takes"
}

@test "editions that cannot be checked are refused" {
    make_points
    kerb 2 density points.csv out.tif --edition public
    one_line
    says public refused
    only points.csv
}
