# bash completion for regjanitor
# shellcheck shell=bash

_regjanitor() {
    local rest=${COMP_LINE:0:COMP_POINT} trimmed piece word quoted='' i n=0
    local -a words=()

    # Bash cuts words at : = and @ too: what no space divides is one word.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        trimmed=${rest#"${rest%%[![:space:]]*}"}
        piece=${trimmed:0:${#COMP_WORDS[i]}} # nothing beyond the cursor
        if ((n == 0)) || [[ $trimmed != "$rest" ]]; then
            words[n++]=$piece
        else
            words[n - 1]+=$piece
        fi
        rest=${trimmed:${#piece}}
    done

    word=${words[n - 1]}
    [[ $word == [\"\']* ]] && quoted=yes
    words=("${words[@]//[\"\'\\]/}")
    word=${words[n - 1]}

    local program=${words[0]/#\~\//$HOME/}
    type -P "$program" >/dev/null || program=regjanitor
    mapfile -t COMPREPLY < <(command "$program" __complete "${words[@]:1}" 2>/dev/null)
    local kind=${COMPREPLY[0]-}
    COMPREPLY=("${COMPREPLY[@]:1}")
    case $kind in
    files) return ;; # which readline completes by itself
    directories) compopt +o default -o dirnames && return ;;
    esac
    compopt +o default
    compopt -o nosort 2>/dev/null # of bash 4.4

    COMPREPLY=("${COMPREPLY[@]%%$'\t'*}") # descriptions are for other shells

    # What comes before the last cut is not replaced, the @ of a host's name is.
    local breaks=${COMP_WORDBREAKS//[!:=@]/} kept=''
    [[ $breaks && ! $quoted && $word == *["$breaks"]* ]] && kept=${word%"${word##*["$breaks"]}"}
    [[ $kept == *@ ]] && shopt -q hostcomplete && kept=${kept%@}
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
    [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/:=] ]] && compopt -o nospace
    return 0
}

complete -o default -F _regjanitor regjanitor
