# fish completion for regjanitor

function __regjanitor_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct | string unescape)
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    type -q -- $program; or set program regjanitor

    set -l lines (command $program __complete $words[2..-1] "$word" 2>/dev/null)
    set -l flag (string match -r -- '^-[^=]*=' "$word")
    set -l value (string replace -r -- '^-[^=]*=' '' "$word")
    switch "$lines[1]"
        case files
            __fish_complete_path "$value" | string replace -r -- '^' "$flag"
        case directories
            __fish_complete_directories "$value" '' | string replace -r -- '^' "$flag"
        case names
            printf '%s\n' $lines[2..-1]
    end
end

complete -c regjanitor -f -k -a '(__regjanitor_complete)'
