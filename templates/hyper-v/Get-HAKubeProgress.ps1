# SPDX-License-Identifier: Apache-2.0
#Requires -Version 5.1
<#
.SYNOPSIS
Returns how far each machine of the cluster is, as it told its host through Hyper-V's data exchange. No network is used.
.DESCRIPTION
Machines report with the values hakube.0 (what happened last) and hakube.1 and so on (one for each step). Nothing is reported
before the guest runs its data exchange daemon (Ubuntu: linux-cloud-tools-virtual; Debian: hyperv-daemons); until then the
console on the pipe COM1 has the same lines.
.PARAMETER Node
Only these nodes.
.EXAMPLE
.\Get-HAKubeProgress.ps1 | Where-Object State -eq 'failed' | Format-List
#>
[CmdletBinding()]
param(
    [string[]]$Node
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$cluster = & (Join-Path $PSScriptRoot 'Read-HAKubeCluster.ps1') -Node $Node

# Returns the values hakube.N of a machine by N.
function Read-Exchange($VM) {
    $values = @{}
    $system = Get-CimInstance -Namespace 'root/virtualization/v2' -ClassName Msvm_ComputerSystem -Filter "Name = '$($VM.Id)'"
    $exchange = Get-CimAssociatedInstance -InputObject $system -ResultClassName Msvm_KvpExchangeComponent
    foreach ($component in @($exchange)) {
        foreach ($item in @($component.GuestExchangeItems | Where-Object { $_ })) {
            $xml = [xml]$item
            $name = $xml.SelectSingleNode("/INSTANCE/PROPERTY[@NAME='Name']/VALUE")
            $data = $xml.SelectSingleNode("/INSTANCE/PROPERTY[@NAME='Data']/VALUE")
            if ($name -and $data -and $name.InnerText -match '^hakube\.(\d+)$') {
                $values[[int]$Matches[1]] = $data.InnerText
            }
        }
    }
    return $values
}

# Takes a line apart: NODE: STEP: STATE (attempt 1, 35 s): REASON, or NODE: complete (131 s), or the same of the cluster.
function Read-Event([string]$Line) {
    $found = [pscustomobject]@{ Step = ''; State = ''; Attempt = 0; Seconds = 0; Reason = '' }
    if ($Line -match '^(cluster )?\S+: (?<state>complete|waiting) \((?<seconds>\d+) s\)(: (?<reason>.*))?$') {
        if ($Matches[1]) {
            $found.Step = 'cluster'
        }
    }
    elseif ($Line -match '^\S+: (?<step>[^: ]+): (?<state>started|waiting|done|failed) \(attempt (?<attempt>\d+), (?<seconds>\d+) s\)(: (?<reason>.*))?$') {
        $found.Step = $Matches['step']
        $found.Attempt = [int]$Matches['attempt']
    }
    else {
        $found.Reason = $Line
        return $found
    }
    $found.State = $Matches['state']
    $found.Seconds = [int]$Matches['seconds']
    if ($Matches.ContainsKey('reason')) {
        $found.Reason = $Matches['reason']
    }
    return $found
}

foreach ($machine in $cluster.Machines) {
    $row = [pscustomobject]@{
        Node = $machine.Node; Role = $machine.Role; Machine = 'missing'; Step = ''; State = ''; Attempt = 0; Seconds = 0; Reason = ''; Steps = @()
    }
    if ($machine.State -ne 'ours') {
        if ($machine.State -eq 'foreign') {
            $row.Reason = "the machine '$($machine.VM)' is not this node's"
        }
        $row
        continue
    }
    $row.Machine = [string]$machine.Machine.State
    $values = Read-Exchange $machine.Machine
    $row.Steps = @($values.Keys | Where-Object { $_ -gt 0 } | Sort-Object | ForEach-Object { Read-Event $values[$_] })
    if ($values.ContainsKey(0)) {
        $last = Read-Event $values[0]
        $row.Step = $last.Step
        $row.State = $last.State
        $row.Attempt = $last.Attempt
        $row.Seconds = $last.Seconds
        $row.Reason = $last.Reason
    }
    elseif ($row.Machine -eq 'Running') {
        $row.State = 'no report'
        $row.Reason = "its data exchange daemon does not run (yet); console: $($machine.SerialPipe)"
    }
    $row
}
