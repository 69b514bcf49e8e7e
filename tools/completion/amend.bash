# Completion of the command amend for bash. Options come from each command's own --help.
_amend()
{
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[0]} words
    if [ "$COMP_CWORD" = 1 ] || { [ "$COMP_CWORD" = 2 ] && [ "$previous" = help ]; }; then
        words="$("$command" --help 2>/dev/null | sed -n 's/^  \([a-z]*\)  *.*/\1/p') help --help --version"
    elif [ "$previous" = --layout ]; then
        words="affectnet fer2013 ferplus folder rafdb sfew"
    elif [ "$previous" = --split ]; then
        words="train valid test"
    elif [ "$previous" = --classes ]; then
        words="7 8"
    elif [ "$previous" = --affinity ]; then
        words="ema batch none"
    elif [ "$previous" = --tta ]; then
        words="flip"
    elif [[ $word == -* ]]; then
        words="$("$command" "${COMP_WORDS[1]}" --help 2>/dev/null | grep -o -e '--[a-z-]*' | sort -u) --help"
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o filenames -F _amend amend
