#!/bin/sh
# Has a Slurm array write a set: slurm.sh INPUT... DIR [OPTION...], as of pack-set, where all nodes see the files.
# Run again after a failure it submits the parts that are missing, and no others.
set -eu

plan=plan.json
aerotool pack-set --plan "$plan" "$@" >parts # prints how many parts there are
missing=$(aerotool pack-set --plan "$plan" --status) || [ $? -eq 1 ]

# The numbers of an array stay below MaxArraySize (scontrol show config). Where a plan has more parts, submit several
# arrays, such as --array=0-999 with --part auto, and the same with --part auto+1000.
set --
if [ -n "$missing" ]; then
  array=$(sbatch --parsable --array="$missing" --requeue --wrap "aerotool pack-set --plan '$plan' --part auto")
  echo "parts $missing: job $array"
  set -- --dependency="afterok:$array" --kill-on-invalid-dep=yes
fi
publish=$(sbatch --parsable "$@" --wrap "aerotool pack-set --plan '$plan' --publish")
echo "publish: job $publish"
