# SPDX-License-Identifier: Apache-2.0
#Requires -Version 5.1
<#
.SYNOPSIS
Removes the machines of the cluster and their disks. Asks before each.
.DESCRIPTION
Only machines whose notes say that New-HAKubeCluster.ps1 made them for this cluster are touched, and only the disk that it
made for each: the file and the disk's identifier must both be those of the notes. Media, images, bundles, switches and
every other disk stay.
.PARAMETER Node
Only these nodes.
.PARAMETER KeepDisks
Remove machines, keep all disks.
.EXAMPLE
.\Remove-HAKubeCluster.ps1 -WhatIf
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
param(
    [string[]]$Node,
    [switch]$KeepDisks
)
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$cluster = & (Join-Path $PSScriptRoot 'Read-HAKubeCluster.ps1') -Node $Node

# Returns why a machine's disk is not to be deleted, or nothing.
function Get-Objection($Machine) {
    $mark = $Machine.Mark
    if ($KeepDisks) {
        return 'as you asked'
    }
    if (-not (Test-Path -LiteralPath $mark.DiskPath)) {
        return 'it is gone already'
    }
    if (@(Get-VMHardDiskDrive -VM $Machine.Machine | Where-Object { $_.Path -eq $mark.DiskPath }).Count -eq 0) {
        return 'the machine runs on another one, maybe on a checkpoint of it'
    }
    if ([string](Get-VHD -Path $mark.DiskPath).DiskIdentifier -ne $mark.DiskId) {
        return 'it is not the disk that was made for this machine'
    }
    foreach ($drive in @(Get-VM | Get-VMHardDiskDrive | Where-Object { $_.Path -eq $mark.DiskPath -and $_.VMId -ne $Machine.Machine.Id })) {
        return "the machine '$($drive.VMName)' has it, too"
    }
}

# Removes the machine, then its disk, then the directory if nothing else is in it. Returns what became of the disk.
function Remove-Machine($Machine) {
    $objection = Get-Objection $Machine
    if (@('Off', 'Saved') -notcontains [string]$Machine.Machine.State) {
        Stop-VM -VM $Machine.Machine -TurnOff -Force
    }
    Remove-VM -VM $Machine.Machine -Force
    if ($objection) {
        return "$($Machine.Mark.DiskPath) is left: $objection"
    }
    Remove-Item -LiteralPath $Machine.Mark.DiskPath -Force
    $directory = Split-Path -Parent $Machine.Mark.DiskPath
    if (@(Get-ChildItem -LiteralPath $directory -Recurse -Force | Where-Object { -not $_.PSIsContainer }).Count -eq 0) {
        Remove-Item -LiteralPath $directory -Recurse -Force
    }
    return "$($Machine.Mark.DiskPath) is deleted"
}

$results = foreach ($machine in $cluster.Machines) {
    $result = [pscustomobject]@{ Node = $machine.Node; VM = $machine.VM; State = 'is not there'; Detail = '' }
    try {
        if ($machine.State -eq 'foreign') {
            $result.State = 'not ours'
        }
        if ($machine.State -eq 'ours') {
            $result.State = 'kept'
            if ($PSCmdlet.ShouldProcess("virtual machine '$($machine.VM)' and its disk $($machine.Mark.DiskPath)", 'remove for good')) {
                $result.Detail = Remove-Machine $machine
                $result.State = 'removed'
            }
        }
    }
    catch {
        $result.State = 'NOT REMOVED'
        $result.Detail = $_.Exception.Message
    }
    $result
}

$results | Format-Table -AutoSize -Wrap | Out-Host
if (@($results | Where-Object { $_.State -eq 'NOT REMOVED' }).Count -gt 0) {
    exit 1
}
