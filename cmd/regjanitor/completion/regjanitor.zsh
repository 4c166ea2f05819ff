#compdef regjanitor
# zsh completion for regjanitor

_regjanitor() {
    local program=${(Q)words[1]/#\~\//$HOME/} kind line name meaning
    local -a lines whole more
    whence -p -- $program >/dev/null || program=regjanitor

    lines=("${(@f)$(command $program __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    kind=$lines[1]
    [[ $kind != names ]] && compset -P '-*='
    case $kind in
    files) _files; return ;;
    directories) _files -/; return ;;
    esac

    # After some names no space follows, but more of the name.
    for line in "${(@)lines[2,-1]}"; do
        name=${line%%$'\t'*}
        meaning=${line#*$'\t'}
        line=${name//:/\\:}${meaning:+:$meaning}
        if [[ $name == *[/:=] ]]; then more+=$line; else whole+=$line; fi
    done
    _describe -V regjanitor whole -- more -S ''
}

# In a directory of fpath the file is the function's body; elsewhere it is sourced.
if [[ $funcstack[1] == _regjanitor ]]; then
    _regjanitor "$@"
else
    compdef _regjanitor regjanitor
fi
