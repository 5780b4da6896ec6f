# SPDX-License-Identifier: Apache-2.0
#Requires -Version 5.1
<#
.SYNOPSIS
Shows how the machines become a cluster: a table of nodes with step, state and time. It uses no network to the machines.
.DESCRIPTION
Ends with exit code 0 when every machine is complete, 1 when a step failed, 3 when the time is over. Machines try a failed
step again by themselves; -KeepGoing goes on watching them. Get-HAKubeProgress.ps1 returns the same as objects.
.PARAMETER Node
Only these nodes.
.PARAMETER Once
Show one table and end.
.PARAMETER KeepGoing
Do not end when a step failed.
.PARAMETER TimeoutMinutes
How long to watch.
.PARAMETER IntervalSeconds
How long to wait between two looks.
.EXAMPLE
.\Watch-HAKubeCluster.ps1 -KeepGoing
#>
[CmdletBinding()]
param(
    [string[]]$Node,
    [switch]$Once,
    [switch]$KeepGoing,
    [ValidateRange(1, 10080)]
    [int]$TimeoutMinutes = 60,
    [ValidateRange(1, 600)]
    [int]$IntervalSeconds = 2
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$columns = 'Node', 'Role', 'Machine', 'Step', 'State', 'Attempt', 'Seconds', 'Reason'

# A table that is not on a console is a log: it gets a new table only when something has changed.
function Show-Table($Rows, [string]$Previous) {
    $now = $Rows | Select-Object -Property $columns | Format-Table -AutoSize -Wrap | Out-String
    $redirected = [Console]::IsOutputRedirected -or $Host.Name -ne 'ConsoleHost'
    if ($redirected -and $now -eq $Previous) {
        return $now
    }
    if (-not $redirected) {
        Clear-Host
    }
    Write-Host ("{0:HH:mm:ss}`r`n{1}" -f (Get-Date), $now.Trim())
    return $now
}

$end = (Get-Date).AddMinutes($TimeoutMinutes)
$shown = ''
while ($true) {
    $rows = @(& (Join-Path $PSScriptRoot 'Get-HAKubeProgress.ps1') -Node $Node)
    $shown = Show-Table $rows $shown
    $failed = @($rows | Where-Object { $_.State -eq 'failed' })
    if (@($rows | Where-Object { $_.State -ne 'complete' }).Count -eq 0) {
        Write-Host 'Every machine is complete. Next: .\Remove-HAKubeMedia.ps1, because media hold secrets.'
        exit 0
    }
    if ($failed.Count -gt 0 -and -not $KeepGoing) {
        foreach ($row in $failed) {
            Write-Host "$($row.Node): $($row.Step) failed: $($row.Reason)"
        }
        Write-Host 'The machine tries again by itself. -KeepGoing goes on watching; docs/hyper-v.md says what else to look at.'
        exit 1
    }
    if ($Once) {
        exit 0
    }
    if ((Get-Date) -gt $end) {
        Write-Host "Not complete after $TimeoutMinutes minutes."
        exit 3
    }
    Start-Sleep -Seconds $IntervalSeconds
}
